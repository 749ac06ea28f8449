package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.replay.recovery.Recovery;

/** One damaged segment in random logs, against the model of the image builder. */
class CorrectionPropertyTest {

  private static final int ADDRESSES = 24;
  private static final int SLOTS = 20;

  /** A log that has one segment damaged. */
  private static final class Damaged {
    final Random random;
    final Log log;
    final int count;
    final long id;
    final int blocks;
    final int header;

    /** What the log would show without that segment. */
    final byte[] without;

    final byte[] right;

    Damaged(Variant variant, int order, long seed, boolean newestToo) {
      random = new Random(seed);
      int usedOrder = variant == Variant.RAW_2_0 || variant == Variant.COMPLEMENTED_2 ? 10 : order;
      int slots = usedOrder > 8 ? 10 : SLOTS;
      count = 3 + random.nextInt(2 * slots);
      // The oldest of a full log is taken for a slot that was being reused.
      long oldest = Math.max(1, count - slots + 2);
      id = oldest + random.nextInt((int) (count - oldest) + (newestToo ? 1 : 0));
      log = new Log(variant, usedOrder, slots);
      Log other = new Log(variant, usedOrder, slots);
      List<Block> chosen = List.of();
      for (long i = 1; i <= count; i++) {
        List<Block> blocks = blocks(variant, log.image.layout().blocksPerSegment(), i, random);
        log.image.put(new Segment(i, blocks));
        if (i == id) {
          chosen = blocks;
          // It counts in the window all the same.
          List<Block> none = hasChecksum(variant) ? List.of() : List.of(Block.skipped());
          other.image.put(new Segment(i, none));
        } else {
          other.image.put(new Segment(i, blocks));
        }
      }
      blocks = chosen.size();
      header = log.image.layout().segmentOffset(log.image.layout().slotOf(id));
      right = log.image.logical(log.backing);
      without = other.image.logical(other.backing);
    }

    private static List<Block> blocks(Variant variant, int most, long id, Random random) {
      List<Block> blocks = new ArrayList<>();
      blocks.add(Block.full(8 * ADDRESSES, 10 * id));
      int count = 1 + random.nextInt(Math.min(most, 4));
      for (int i = 1; i < count; i++) {
        long sector = 8L * random.nextInt(ADDRESSES);
        boolean clean = variant == Variant.COMPLEMENTED_2 && random.nextInt(4) == 0;
        blocks.add(
            clean
                ? Block.clean(sector, 10 * id + i)
                : Block.partial(sector, 1 + random.nextInt(255), 10 * id + i));
      }
      return blocks;
    }

    void change(int at) {
      log.image.bytes()[header + at] ^= (byte) (1 + random.nextInt(255));
    }

    /** The number of findings of a code that a salvage reports. */
    static long count(Recovery recovery, WriteboostCode code) {
      return recovery.report().findings().kept().stream()
          .map(Finding::code)
          .filter(code::equals)
          .count();
    }
  }

  private static byte[] device(Recovery recovery) {
    return Replays.read(recovery.logical().orElseThrow());
  }

  private static boolean hasChecksum(Variant variant) {
    return variant != Variant.LAPS_2013;
  }

  @Property(tries = 300)
  void oneChangedByteUnderTheChecksumLosesNothing(
      @ForAll Variant variant,
      @ForAll @IntRange(min = 4, max = 10) int order,
      @ForAll boolean inMetablocks,
      @ForAll long seed) {
    if (!hasChecksum(variant)) {
      return;
    }
    Damaged damaged = new Damaged(variant, order, seed, true);
    int at =
        inMetablocks
            ? 512 + damaged.random.nextInt(16 * damaged.blocks)
            : 512 + damaged.random.nextInt(3584 + 4096 * damaged.blocks);
    damaged.change(at);
    Recovery recovery = damaged.log.salvage();
    // A newest one of more blocks may be cut off, and is left out unless only a bit is wrong.
    boolean mayBeTorn = damaged.id == damaged.count && damaged.blocks > 3;
    boolean corrected = Damaged.count(recovery, WriteboostCode.CORRECTED) == 1;
    assertTrue(corrected || mayBeTorn);
    assertArrayEquals(corrected ? damaged.right : damaged.without, device(recovery));
    assertEquals(0, recovery.report().atRisk().count());
  }

  @Property(tries = 200)
  void aChangedByteOfChecksumOrLengthLosesNothing(
      @ForAll Variant variant,
      @ForAll @IntRange(min = 4, max = 10) int order,
      @ForAll @IntRange(min = 8, max = 12) int at,
      @ForAll long seed) {
    if (!hasChecksum(variant)) {
      return;
    }
    Damaged damaged = new Damaged(variant, order, seed, true);
    damaged.change(at);
    Recovery recovery = damaged.log.salvage();
    assertEquals(1, Damaged.count(recovery, WriteboostCode.HEADER_CORRECTED));
    assertArrayEquals(damaged.right, device(recovery));
  }

  @Property(tries = 300)
  void aChangedIdLosesNothingOrIsNotGuessed(
      @ForAll Variant variant,
      @ForAll @IntRange(min = 4, max = 8) int order,
      @ForAll @IntRange(min = 0, max = 7) int at,
      @ForAll long seed) {
    Damaged damaged = new Damaged(variant, order, seed, true);
    Layout layout = damaged.log.image.layout();
    damaged.change(at);
    long id = Replays.longAt(damaged.log.image.bytes(), damaged.header);
    boolean inSlot = layout.slotOf(id) == layout.slotOf(damaged.id);
    if (id == 0 || (inSlot && Long.compareUnsigned(id, damaged.count + 8) <= 0)) {
      // None at all, or an id of another lap that the log may have come to, or come from.
      return;
    }
    Recovery recovery = damaged.log.salvage();
    boolean corrected = Damaged.count(recovery, WriteboostCode.HEADER_CORRECTED) == 1;
    byte[] device = device(recovery);
    assertArrayEquals(corrected ? damaged.right : damaged.without, device);
    boolean unwrapped = damaged.count <= layout.segmentCount();
    // By chance it may look more like the id of a lap before.
    boolean likeOlder = Long.bitCount(id ^ (damaged.id - layout.segmentCount())) <= 8;
    boolean longAgo = damaged.id + 8 <= damaged.count && !likeOlder;
    assertTrue(corrected || !(unwrapped || longAgo), () -> id + " for " + damaged.id);
  }

  @Property(tries = 200)
  void aChangedLapOf2013LosesNothing(
      @ForAll @IntRange(min = 4, max = 11) int order, @ForAll long seed) {
    Damaged damaged = new Damaged(Variant.LAPS_2013, order, seed, true);
    int which = damaged.random.nextInt(damaged.blocks + 1);
    damaged.change(which * 13 + 9 + damaged.random.nextInt(4));
    Recovery recovery = damaged.log.salvage();
    boolean alone = damaged.blocks == 1 && which == 1;
    assertArrayEquals(alone ? damaged.without : damaged.right, device(recovery));
  }

  @Property(tries = 300)
  void twoChangedBytesAreNeverCorrectedWithoutSayingSo(
      @ForAll Variant variant, @ForAll @IntRange(min = 4, max = 10) int order, @ForAll long seed) {
    if (!hasChecksum(variant)) {
      return;
    }
    Damaged damaged = new Damaged(variant, order, seed, false);
    byte[] whole = damaged.log.image.bytes().clone();
    int covered = 3584 + 4096 * damaged.blocks;
    int first = damaged.random.nextInt(covered - 1);
    damaged.change(512 + first);
    damaged.change(512 + first + 1 + damaged.random.nextInt(covered - first - 1));
    Recovery recovery = damaged.log.salvage();
    long corrected = Damaged.count(recovery, WriteboostCode.CORRECTED);
    if (corrected == 0) {
      assertArrayEquals(damaged.without, device(recovery));
      assertTrue(!Arrays.equals(whole, damaged.log.image.bytes()));
    }
  }
}
