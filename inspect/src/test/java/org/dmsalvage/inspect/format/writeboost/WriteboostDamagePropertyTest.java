package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.progress.Progress;

/** Whatever is done to an image, reading it ends, and ends with findings or an error of ours. */
class WriteboostDamagePropertyTest {

  private static final int[] ORDERS = {4, 7, 10};

  @Property(tries = 150)
  void damageNeverThrows(
      @ForAll long seed, @ForAll Convention convention, @ForAll @IntRange(max = 60) int newest) {
    Random random = new Random(seed);
    int order = convention == Convention.COMPLEMENTED_CRC ? 10 : ORDERS[random.nextInt(3)];
    LogBuilder log = new LogBuilder(convention, order, 1 + random.nextInt(12));
    log.segments(1, newest);
    MemorySource plogs = null;
    if (convention == Convention.RAW_CRC && random.nextBoolean()) {
      PlogGeometry geometry =
          new PlogGeometry(random.nextInt(4000), log.geometry.blocksPerSegment());
      long[] heads = new long[(int) Math.min(geometry.capacity(), 8)];
      for (int i = 0; i < heads.length; i++) {
        heads[i] = random.nextInt(newest + 3);
      }
      plogs = LogBuilder.plogs(geometry, heads);
      damage(random, plogs, 0);
    }
    damage(random, log.source, (1 << 20) - 512);
    if (random.nextInt(3) == 0) {
      // In most images the magic survives, or nothing but the segments would be tried.
      damage(random, log.source, 0);
    }
    examine(log, plogs);
  }

  private static void damage(Random random, MemorySource source, int from) {
    byte[] bytes = source.bytes();
    for (int n = random.nextInt(30); n > 0 && bytes.length > from + 8192; n--) {
      int at = from + random.nextInt(bytes.length - from - 4096);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> source.buffer().putLong(at & ~4095, random.nextLong() >> random.nextInt(64));
        case 2 -> bytes[(at & ~4095) + random.nextInt(600)] = (byte) random.nextInt();
        case 3 -> Arrays.fill(bytes, at & ~511, (at & ~511) + 512, (byte) random.nextInt());
        case 4 -> {
          int other = from + random.nextInt(bytes.length - from - 4096);
          System.arraycopy(bytes, other & ~4095, bytes, at & ~4095, 4096);
        }
        default -> source.breakSectors(at & ~511, 512L << random.nextInt(4));
      }
    }
  }

  private static void examine(LogBuilder log, MemorySource plogs) {
    new WriteboostFormat().detect(log.source);
    for (String format : WriteboostReading.FORMATS) {
      MemorySource plog = format.equals(WriteboostReading.FORMAT_2014) ? plogs : null;
      try {
        WriteboostImage image =
            WriteboostImage.open(
                new OpenRequest(log.source, plog, null, format, null, OptionalInt.empty()));
        for (Depth depth : Depth.values()) {
          Findings findings = new Findings();
          image.examine(depth, findings, Progress.NONE);
          long most = (WriteboostCode.values().length + 2L) * Findings.KEPT_PER_CODE;
          assertTrue(findings.kept().size() <= most);
        }
        for (Listing listing : image.listings()) {
          image.list(listing.name(), RowFilter.ALL, _ -> true, Progress.NONE);
        }
        image.versions(16, Progress.NONE);
      } catch (SalvageException _) {
        // Refusing is allowed; anything else fails the test.
      }
    }
  }
}
