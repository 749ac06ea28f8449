package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;

/** Whatever happens to an image, a replay ends, and fails with our own errors only. */
class WriteboostDamagePropertyTest {

  private static final List<String> SETS =
      List.of(
          "wb-wrap", "wb-o7-wrapped-crash", "wbp-o7-wrapped", "wb13-o7-wrapped-crash", "wb-record");

  private static List<Replays> images = List.of();

  @BeforeContainer
  static void unpack() throws IOException {
    Path directory = Files.createTempDirectory("writeboost");
    try {
      images =
          SETS.stream()
              .map(
                  name -> {
                    try {
                      return Replays.of(GoldenSets.get(name), directory.resolve(name));
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  })
              .toList();
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @AfterContainer
  static void forget() {
    images = List.of();
  }

  @Property(tries = 150)
  void replayEnds(
      @ForAll @IntRange(min = 0, max = 4) int which,
      @ForAll @IntRange(min = 1, max = 6) int hits,
      @ForAll long seed) {
    Replays whole = images.get(which);
    Random random = new Random(seed);
    byte[] cache = whole.cache;
    byte[] plog = whole.plog;
    for (int i = 0; i < hits; i++) {
      cache = damage(cache, random).applyTo(cache);
      if (plog != null) {
        plog = damage(plog, random).applyTo(plog);
      }
    }
    for (Policy policy : Policy.values()) {
      OpenRequest request = whole.request(policy);
      replay(
          new OpenRequest(
              Replays.memory("cache", cache),
              plog == null ? null : Replays.memory("plog", plog),
              random.nextBoolean() ? request.backing() : null,
              request.format(),
              random.nextBoolean() ? request.table() : null,
              request.rambufPool()),
          policy);
    }
  }

  private static void replay(OpenRequest request, Policy policy) {
    try {
      Recovery recovery = Replays.replay(request, policy);
      recovery.logical().ifPresent(WriteboostDamagePropertyTest::readSome);
      recovery
          .report()
          .differences()
          .ifPresent(d -> d.forEach((offset, length, _, _) -> assertTrue(offset + length > 0)));
    } catch (SalvageException e) {
      assertTrue(!e.getMessage().isEmpty());
    }
  }

  /** All that is cached, and the end. */
  private static void readSome(Recovery.LogicalDevice device) {
    long[] bytes = new long[1];
    device.forEachRun(
        (offset, length, _) -> {
          ByteBuffer buffer = ByteBuffer.allocate((int) length);
          device.read(offset, buffer);
          bytes[0] += length;
        });
    assertTrue(bytes[0] <= device.size());
    device.nextData(device.size() / 2);
    device.nextHole(device.size() / 2);
  }

  /** Anywhere, but mostly in headers. */
  private static Damage damage(byte[] image, Random random) {
    int sectors = image.length / BlockSource.SECTOR_BYTES;
    int header = header(image, random);
    int at = random.nextInt(3) > 0 ? header : 512 * random.nextInt(sectors);
    return switch (random.nextInt(8)) {
      case 0 -> new Damage.FlipBit(at + random.nextInt(512), random.nextInt(8));
      case 1 -> new Damage.ChangeByte(at + random.nextInt(64), (byte) random.nextInt());
      case 2 -> new Damage.ChangeLong(at, odd(random));
      case 3 -> new Damage.ZeroSectors(at / 512, 1);
      case 4 -> new Damage.RandomBytes(at, 512, random.nextLong());
      case 5 -> new Damage.Copy(header(image, random), header, 512);
      case 6 -> new Damage.ChangeLong(2047 * 512 % image.length, odd(random));
      default ->
          random.nextInt(8) == 0
              ? new Damage.Truncate(512 * (sectors / 2 + random.nextInt(sectors / 2)))
              : new Damage.ChangeLong(at + 16 * random.nextInt(16), odd(random));
    };
  }

  private static int header(byte[] image, Random random) {
    int slots = (image.length / 512 - 2048) >> 7;
    return slots > 0 ? (2048 + (random.nextInt(slots) << 7)) * 512 : 0;
  }

  /** Values at which arithmetic breaks. */
  private static long odd(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> -1;
      case 1 -> Long.MIN_VALUE;
      case 2 -> Long.MAX_VALUE;
      case 3 -> 1L << random.nextInt(64);
      case 4 -> random.nextLong();
      default -> random.nextInt(300);
    };
  }
}
