package org.dmsalvage.replay.property;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.InsituDriver;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workload.Request;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver.Shape;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;

/** Images of every format, and damage that aims at their structures. */
final class Hostility {
  private static final int SECTOR = 512;

  /** Real images of each format; small ones. */
  private static final List<String> SETS =
      List.of(
          "wb-o4-wrapped-crash",
          "wbp-tiny-cache",
          "wb13-o4-unwrapped-crash",
          "wb-lossy-wrap1",
          "wc512-crash",
          "wc4096-twins",
          "is-size-1030k",
          "is-lzo-wb-stale",
          "is-deflate-text");

  /** How many images there are. */
  static final int IMAGES = 14;

  private Hostility() {}

  /** A real image, or one that a simulated driver made. */
  static Devices image(int which) {
    return which < SETS.size()
        ? Devices.of(GoldenSets.get(SETS.get(which)))
        : simulated(which - SETS.size());
  }

  private static Devices simulated(int which) {
    Workload workload = workload();
    Crash crash = Crash.atTheEnd();
    return switch (which) {
      case 0 -> {
        Layout layout = new Layout(Variant.RAW_2014, 6, 2048 + 12 * 64);
        yield Devices.of(WriteboostDriver.run(layout, 4, workload, crash), true, true, null);
      }
      case 1 -> {
        Layout layout = new Layout(Variant.COMPLEMENTED_2, 10, 2048 + 3 * 1024);
        yield Devices.of(WriteboostDriver.run(layout, workload, crash), false, true, null);
      }
      case 2 -> {
        Shape shape = new Shape(1024, 300, 0);
        yield Devices.of(WritecacheDriver.run(shape, workload, crash), false, true, null);
      }
      case 3 -> insitu(Algorithm.LZO, workload);
      default -> insitu(Algorithm.DEFLATE, workload);
    };
  }

  private static Devices insitu(Algorithm algorithm, Workload workload) {
    return Devices.of(
        InsituDriver.run(algorithm, 4096 * 130, workload, 1000, 1), false, false, null);
  }

  private static Workload workload() {
    Random random = new Random(7);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      int sector = random.nextInt(900);
      requests.add(new Request.Write(sector, 1 + random.nextInt(20), i % 17 == 0));
    }
    return new Workload(1024, requests);
  }

  /** Hits an image in some places, most of them where structures stand. */
  static byte[] damaged(byte[] image, int hits, Random random, List<Damage> done) {
    byte[] damaged = image;
    for (int i = 0; i < hits && damaged.length >= 4096; i++) {
      Damage damage = damage(damaged, random);
      done.add(damage);
      damaged = damage.applyTo(damaged);
    }
    return damaged;
  }

  private static Damage damage(byte[] image, Random random) {
    int at = place(image, random);
    int other = place(image, random);
    int sectors = 1 + random.nextInt(16);
    sectors = Math.min(sectors, (image.length - Math.max(at, other)) / SECTOR);
    int field = at + (random.nextBoolean() ? random.nextInt(64) : 8 * random.nextInt(63));
    return switch (random.nextInt(12)) {
      case 0 -> new Damage.FlipBit(field, random.nextInt(8));
      case 1 -> new Damage.ChangeByte(field, (byte) random.nextInt());
      case 2 -> new Damage.ZeroSectors(at / SECTOR, sectors);
      case 3 -> new Damage.RandomBytes(at, SECTOR * sectors, random.nextLong());
      case 4 -> new Damage.Copy(other, at, SECTOR * sectors);
      case 5 -> new Damage.Swap(other, at, SECTOR * sectors);
      case 6 ->
          random.nextInt(4) > 0
              ? new Damage.ChangeLong(field, odd(image.length, random))
              : new Damage.Truncate(random.nextInt(image.length));
      case 7 ->
          // All but the magic number is noise.
          new Damage.RandomBytes(8, Math.min(image.length - 8, 1 << 16), random.nextLong());
      default -> new Damage.ChangeLong(field, odd(image.length, random));
    };
  }

  /** The first byte of a sector: where structures stand in one format or another, or anywhere. */
  private static int place(byte[] image, Random random) {
    int sectors = image.length / SECTOR;
    int sector =
        switch (random.nextInt(6)) {
          case 0 -> 0;
          case 1 -> random.nextInt(16);
          case 2 -> 2047;
          case 3, 4 -> 2048 + (random.nextInt(64) << (4 + random.nextInt(7)));
          default -> random.nextInt(sectors);
        };
    return SECTOR * (sector < sectors ? sector : random.nextInt(Math.min(sectors, 64)));
  }

  /** Values at which arithmetic breaks. */
  static long odd(long bytes, Random random) {
    return switch (random.nextInt(9)) {
      case 0 -> -1 - random.nextInt(3);
      case 1 -> Long.MIN_VALUE + random.nextInt(3);
      case 2 -> Long.MAX_VALUE - random.nextInt(3);
      case 3 -> 1L << random.nextInt(64);
      case 4 -> (1L << 55) - 1 - random.nextInt(16);
      case 5 -> (1L << 31) - 2 + random.nextInt(4);
      case 6 -> bytes / SECTOR - 4 + random.nextInt(9);
      case 7 -> random.nextInt(300);
      default -> random.nextLong();
    };
  }
}
