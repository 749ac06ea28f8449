package org.dmsalvage.replay.insitu;

import java.util.Arrays;

/** Blocks in ascending order, at 8 bytes each. */
final class BlockList {

  private long[] blocks = {};
  private int size;

  /** Adds a block behind all others. */
  void add(long block) {
    if (size == blocks.length) {
      blocks = Arrays.copyOf(blocks, Math.max(16, size + size / 2));
    }
    blocks[size++] = block;
  }

  void addAll(BlockList others) {
    for (int i = 0; i < others.size; i++) {
      add(others.blocks[i]);
    }
  }

  boolean contains(long block) {
    return Arrays.binarySearch(blocks, 0, size, block) >= 0;
  }

  /** {@return the index of the first block that is not less; the size if there is none} */
  int ceiling(long block) {
    int found = Arrays.binarySearch(blocks, 0, size, block);
    return found < 0 ? -found - 1 : found;
  }

  int size() {
    return size;
  }

  long get(int index) {
    return blocks[index];
  }
}
