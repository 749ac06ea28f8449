package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.inspect.Formats;

/**
 * Whatever an image holds, every question about it is answered, or refused with one of our own
 * errors, and soon.
 */
class HostileImagesPropertyTest {
  private static List<Devices> images = List.of();

  @BeforeContainer
  static void unpack() {
    images = IntStream.range(0, Hostility.IMAGES).mapToObj(Hostility::image).toList();
  }

  @AfterContainer
  static void forget() {
    images = List.of();
  }

  @Property
  void damageNeverDoesMoreThanFail(
      @ForAll @IntRange(max = Hostility.IMAGES - 1) int which,
      @ForAll @IntRange(min = 1, max = 8) int hits,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<Damage> done = new ArrayList<>();
    Devices whole = images.get(which);
    byte[] plog = whole.plog();
    Devices damaged =
        whole
            .withCache(Hostility.damaged(whole.cache(), hits, random, done))
            .withPlog(plog == null ? null : Hostility.damaged(plog, hits, random, done))
            .withBacking(backing(whole.backing(), random))
            .named(name(whole, random), random.nextBoolean() ? whole.table() : null);
    ask(damaged, done);
  }

  /** Another size of the backing device, or none. */
  private static byte[] backing(byte[] backing, Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> null;
      case 1 -> new byte[random.nextInt(4096)];
      default -> backing;
    };
  }

  /** Mostly what the bytes show or what is right; sometimes any other format. */
  private static String name(Devices whole, Random random) {
    List<String> names = Formats.names();
    return switch (random.nextInt(6)) {
      case 0 -> names.get(random.nextInt(names.size()));
      case 1, 2 -> whole.format();
      default -> null;
    };
  }

  /** Noise behind the marks that a format is known by. */
  @Property
  void noiseNeverDoesMoreThanFail(
      @ForAll @IntRange(max = Hostility.IMAGES - 1) int which,
      @ForAll @IntRange(min = 0, max = 1 << 21) int size,
      @ForAll @IntRange(min = 0, max = 64) int kept,
      @ForAll long seed) {
    Random random = new Random(seed);
    byte[] noise = new byte[size];
    random.nextBytes(noise);
    if (random.nextBoolean()) {
      Arrays.fill(noise, Math.min(size, random.nextInt(1 << 20)), size, (byte) random.nextInt(3));
    }
    Devices whole = images.get(which);
    System.arraycopy(whole.cache(), 0, noise, 0, Math.min(size, kept));
    ask(whole.withCache(noise).named(name(whole, random), null), List.of());
  }

  private static void ask(Devices devices, List<Damage> done) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          try {
            Everything.about(devices.request());
          } catch (RuntimeException | Error e) {
            throw new AssertionError("after " + done, e);
          }
        });
  }
}
