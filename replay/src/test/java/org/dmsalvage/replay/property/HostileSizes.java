package org.dmsalvage.replay.property;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.insitu.InsituImage;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writeboost.WriteboostImage;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;

/**
 * Devices that claim to be huge, and images whose numbers are absurd, asked everything in whatever
 * memory this JVM was given. Prints a line for each.
 */
final class HostileSizes {
  private static final long SECTOR = 512;
  private static final long EXBIBYTE = 1L << 60;

  private static int failures;

  private HostileSizes() {}

  public static void main(String[] arguments) throws IOException {
    writecache();
    writeboost();
    insitu();
    damaged();
    System.exit(Math.min(failures, 1));
  }

  private static void ask(String what, BlockSource cache) {
    ask(what, OpenRequest.of(cache));
  }

  private static void ask(String what, OpenRequest request) {
    long start = System.nanoTime();
    try {
      int length = Everything.about(request).length();
      long millis = (System.nanoTime() - start) / 1_000_000;
      System.out.println(what + ": " + length + " characters in " + millis + " ms");
    } catch (RuntimeException | Error e) {
      long millis = (System.nanoTime() - start) / 1_000_000;
      System.out.println(what + ": FAILED after " + millis + " ms");
      e.printStackTrace(System.out);
      failures++;
    }
  }

  private static final long[] ABSURD = {
    0, 1, 1L << 16, 1L << 27, 1L << 31, 1L << 32, 1L << 47, EXBIBYTE, Long.MAX_VALUE, -1
  };

  /** n_blocks and seq_count of a small device and of a huge one. */
  private static void writecache() {
    WritecacheImage small = new WritecacheImage(512, 128, 0, 1).commit(5);
    for (int i = 0; i < small.blockCount(); i++) {
      small.put(i, (Long.MAX_VALUE >> (i % 60)) & -8, 3, 1);
    }
    for (long value : ABSURD) {
      for (int field : new int[] {16, 24}) {
        byte[] bytes = small.bytes().clone();
        little(bytes).putLong(field, value);
        ask("writecache, %d at %d".formatted(value, field), Devices.memory("small", bytes));
        byte[] head = Arrays.copyOf(bytes, 4096);
        SparseSource huge = new SparseSource(Long.MAX_VALUE - 511).put(0, head);
        ask("writecache of 8 EiB, %d at %d".formatted(value, field), huge);
      }
    }
  }

  /** Segments at both ends of devices up to 8 EiB, with ids up to the last one. */
  private static void writeboost() {
    for (Variant variant : Variant.values()) {
      writeboost(variant, 10, 1L << 32, 1L << 48, EXBIBYTE, Long.MAX_VALUE - 511);
    }
    writeboost(Variant.LAPS_2013, 4, 1L << 32, 1L << 50);
    writeboost(Variant.RAW_2014, 4, 1L << 32, 1L << 50);
  }

  private static void writeboost(Variant variant, int order, long... sizes) {
    Layout layout = new Layout(variant, order, 2048 + (4L << order));
    WriteboostImage image = WriteboostImage.format(layout, 1);
    for (long id = 1; id <= 4; id++) {
      image.put(Segment.of(id, Block.full((Long.MAX_VALUE >> id) & -8, id)));
    }
    byte[] log = Arrays.copyOfRange(image.bytes(), 1 << 20, image.bytes().length);
    byte[] last = layout.encode(Segment.of(-1, Block.full(1L << 62, 9)), 1);
    for (long size : sizes) {
      SparseSource huge = new SparseSource(size).put(0, Arrays.copyOf(image.bytes(), 512));
      huge.put(1 << 20, log);
      long slots = (size / SECTOR - 2048) >> order;
      huge.put((1 << 20) + ((slots - 1) << order) * SECTOR, last);
      ask("writeboost %s of %d bytes, order %d".formatted(variant, size, order), huge);
    }
  }

  /** Numbers of blocks that contradict the size, and sizes that contradict everything. */
  private static void insitu() {
    InsituImage image = new InsituImage(Algorithm.LZO, 4096 * 40);
    image.put(0, new byte[4096 * 32]);
    for (long value : ABSURD) {
      for (int field : new int[] {8, 16, 24}) {
        byte[] bytes = image.bytes().clone();
        little(bytes).putLong(field, value);
        ask("insitu, %d at %d".formatted(value, field), Devices.memory("small", bytes));
        SparseSource huge = new SparseSource(Long.MAX_VALUE - 511).put(0, bytes);
        ask("insitu of 8 EiB, %d at %d".formatted(value, field), huge);
      }
    }
  }

  /** On files, so that the memory is all for whoever reads them. */
  private static void damaged() throws IOException {
    Random random = new Random(3);
    for (int which = 0; which < Hostility.IMAGES; which++) {
      byte[] whole = Hostility.image(which).cache();
      for (int i = 0; i < 4; i++) {
        List<Damage> done = new ArrayList<>();
        Path file = Files.createTempFile("damaged", ".img");
        try {
          Files.write(file, Hostility.damaged(whole, 1 + random.nextInt(6), random, done));
          try (BlockSource cache = Images.open(file.toString())) {
            ask("image %d after %s".formatted(which, done), cache);
          }
        } finally {
          Files.delete(file);
        }
      }
    }
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
