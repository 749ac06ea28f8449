package org.dmsalvage.live.insitu;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.jspecify.annotations.Nullable;

/** Blocks that are newer than on the device. Not safe for use by several threads that change it. */
final class FreshBlocks {

  /** The contents of a block that is to be as if never written. */
  static final byte[] NOTHING = new byte[InsituGeometry.BLOCK_BYTES];

  private final TreeMap<Long, byte[]> blocks = new TreeMap<>();

  /** {@return the bytes of a block, which must not be changed; null if it is not here} */
  byte @Nullable [] get(long block) {
    return blocks.get(block);
  }

  boolean has(long block) {
    return blocks.containsKey(block);
  }

  /** {@return whether a block is here that is to have bytes} */
  boolean hasData(long block) {
    byte @Nullable [] bytes = blocks.get(block);
    return bytes != null && !isNothing(bytes);
  }

  /** {@return whether a block is here that is to be as if never written} */
  boolean hasNothing(long block) {
    byte @Nullable [] bytes = blocks.get(block);
    return bytes != null && isNothing(bytes);
  }

  @SuppressWarnings("ReferenceEquality")
  private static boolean isNothing(byte[] bytes) {
    return bytes == NOTHING;
  }

  /** Takes the bytes of a block, or {@link #NOTHING}. */
  void put(long block, byte[] bytes) {
    blocks.put(block, bytes);
  }

  int size() {
    return blocks.size();
  }

  boolean isEmpty() {
    return blocks.isEmpty();
  }

  /** {@return the first block here that is not before another; {@code limit} if there is none} */
  long next(long from, long limit) {
    @Nullable Long next = blocks.ceilingKey(from);
    return next == null ? limit : Math.min(next, limit);
  }

  /** {@return the first blocks of the runs of 32 that hold any of these, in order} */
  List<Long> runs() {
    TreeSet<Long> runs = new TreeSet<>();
    for (long block : blocks.keySet()) {
      runs.add(block & -InsituGeometry.MAX_EXTENT_BLOCKS);
    }
    return List.copyOf(runs);
  }

  /** {@return the blocks of a run of 32, by number} */
  Map<Long, byte[]> of(long run) {
    return blocks.subMap(run, run + InsituGeometry.MAX_EXTENT_BLOCKS);
  }

  /** Forgets the blocks of a run of 32. */
  void remove(long run) {
    of(run).clear();
  }
}
