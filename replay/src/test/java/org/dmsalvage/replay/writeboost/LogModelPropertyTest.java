package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/** Random logs against the plain overlay of the image builder, which shares no code with us. */
class LogModelPropertyTest {

  private static final int ADDRESSES = 24;

  private static Log randomLog(Variant variant, int count, boolean losses, Random random) {
    boolean order10 = variant == Variant.RAW_2_0 || variant == Variant.COMPLEMENTED_2;
    Log log = new Log(variant, order10 ? 10 : 5, 5);
    boolean lost = false;
    for (long id = 1; id <= count; id++) {
      // Not two in a row, or what is left no longer says where the log ends; and never the newest:
      // what did not arrive at the end cannot be missed.
      lost = losses && !lost && id < count && random.nextInt(4) == 0;
      if (!lost) {
        log.image.put(new Segment(id, blocks(variant, id, random)));
      }
    }
    return log;
  }

  private static List<Block> blocks(Variant variant, long id, Random random) {
    List<Block> blocks = new ArrayList<>();
    if (variant == Variant.LAPS_2013) {
      blocks.add(Block.skipped());
    }
    // Without any dirty block, salvage takes clean copies for those of write_around_mode.
    blocks.add(Block.full(8 * ADDRESSES, 10 * id));
    int count = random.nextInt(4);
    for (int i = blocks.size(); i < count; i++) {
      long sector = 8L * random.nextInt(ADDRESSES);
      blocks.add(
          switch (random.nextInt(variant == Variant.COMPLEMENTED_2 ? 4 : 3)) {
            case 0 -> Block.full(sector, 10 * id + i);
            case 3 -> Block.clean(sector, 10 * id + i);
            default -> Block.partial(sector, 1 + random.nextInt(255), 10 * id + i);
          });
    }
    return blocks;
  }

  @Property(tries = 300)
  void salvageShowsTheNewestOfEachSector(
      @ForAll Variant variant, @ForAll @IntRange(min = 1, max = 17) int count, @ForAll long seed) {
    Log log = randomLog(variant, count, true, new Random(seed));
    byte[] salvaged = Replays.read(log.salvage().logical().orElseThrow());
    assertArrayEquals(log.image.logical(log.backing), salvaged);
  }

  @Property(tries = 200)
  void driverAgreesOnWholeLogs(@ForAll @IntRange(min = 1, max = 17) int count, @ForAll long seed) {
    Log log = randomLog(Variant.RAW_2014, count, false, new Random(seed));
    byte[] shown = Replays.read(log.driver().logical().orElseThrow());
    assertArrayEquals(log.image.logical(log.backing), shown);
    assertEquals("", log.outcome().reason());
  }

  @Property(tries = 100)
  void deviceReadsTheSameInPiecesRunsAndOrigins(
      @ForAll @IntRange(min = 1, max = 17) int count, @ForAll long seed) {
    Random random = new Random(seed);
    Log log = randomLog(Variant.COMPLEMENTED_2, count, false, random);
    Recovery recovery = Replays.replay(log.request(), Policy.SALVAGE);
    LogicalDevice device = recovery.logical().orElseThrow();
    byte[] whole = Replays.read(device);

    int from = random.nextInt(whole.length);
    int length = random.nextInt(whole.length - from);
    ByteBuffer piece = ByteBuffer.allocate(length);
    device.read(from, piece);
    assertArrayEquals(Arrays.copyOfRange(whole, from, from + length), piece.array());

    byte[] fromRuns = log.backing.clone();
    long[] end = new long[2];
    device.forEachRun(
        (offset, bytes, origin) -> {
          assertEquals(true, offset >= end[0], "ascending");
          end[0] = offset + bytes;
          end[1] += bytes;
          Origin.Cached cached = (Origin.Cached) origin;
          assertEquals(origin, device.originOf(offset / BlockSource.SECTOR_BYTES));
          System.arraycopy(
              log.image.bytes(), (int) cached.offset(), fromRuns, (int) offset, (int) bytes);
        });
    assertArrayEquals(whole, fromRuns);
    assertEquals(recovery.report().appliedSectors() * 512, end[1]);
  }
}
