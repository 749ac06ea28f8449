package org.dmsalvage.live.insitu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.live.insitu.Bitmap.Stored;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done to the extents of one aligned run of 32 blocks so that it holds what is fresh.
 *
 * <p>As in the driver (insitu_comp_handle_write_modify), blocks written side by side become one
 * extent; what is left at one end of a compressed extent becomes an extent of its own; a compressed
 * extent of which both ends are left is made anew as a whole. Unlike there, what is stored without
 * compression is never replaced by a payload.
 */
final class RunPlan {

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int RAW = InsituGeometry.BLOCK_SECTORS;

  /** What is done to blocks. */
  enum Action {
    /** They become an extent with a new payload. */
    STORE,
    /** They become an extent without compression: their bits lie in two sectors. */
    STORE_RAW,
    /** New bytes take the place of old ones, and no bit changes. */
    OVERWRITE,
    /** They become an extent without compression, which they are already as part of another. */
    DESCRIBE,
    /** They become as if never written. */
    CLEAR,
    /** The same, and the payloads among them must not be found again. */
    ERASE
  }

  /** Blocks to which the same is done. */
  record Part(Action action, long first, int blocks) {}

  private static final int NONE = -1;

  private final long run;
  private final int count;
  private final Bitmap bitmap;
  private final FreshBlocks fresh;

  /** What is done to each block; null for nothing. */
  private final @Nullable Action[] cells = new Action[InsituGeometry.MAX_EXTENT_BLOCKS];

  /** The extent that is made anew with a block, or {@link #NONE}: such blocks stay apart. */
  private final int[] whole = new int[InsituGeometry.MAX_EXTENT_BLOCKS];

  private final List<Part> parts = new ArrayList<>();

  private boolean ordered;

  RunPlan(long run, Bitmap bitmap, FreshBlocks fresh) {
    this.run = run;
    this.count = (int) Math.min(InsituGeometry.MAX_EXTENT_BLOCKS, bitmap.blocks() - run);
    this.bitmap = bitmap;
    this.fresh = fresh;
    Arrays.fill(whole, NONE);
    Map<Long, byte[]> mine = fresh.of(run);
    for (long block = run; block < run + count; ) {
      Stored extent = bitmap.at(block);
      if (mine.keySet().stream().anyMatch(b -> b >= extent.first() && b < extent.end())) {
        touch(extent);
      }
      block = extent.end();
    }
    join();
  }

  private int index(long block) {
    return (int) (block - run);
  }

  private void touch(Stored extent) {
    if (extent.isCompressed()) {
      touchCompressed(extent);
    } else if (extent.isRaw()) {
      touchRaw(extent);
    } else {
      // Blocks that were never written, joined to one by tail bits, must not join the new extent.
      for (long block = extent.first(); block < extent.end(); block++) {
        cells[index(block)] = fresh.hasData(block) ? Action.STORE : Action.CLEAR;
      }
      ordered |= crossesSectors(extent);
    }
  }

  private static boolean crossesSectors(Stored extent) {
    return extent.blocks() > 1
        && Bitmap.firstSector(extent.first()) != Bitmap.lastSector(extent.end() - 1);
  }

  private void touchRaw(Stored extent) {
    boolean cleared = false;
    for (long block = extent.first(); block < extent.end(); block++) {
      if (fresh.hasData(block)) {
        cells[index(block)] = Action.OVERWRITE;
      } else if (fresh.has(block)) {
        cells[index(block)] = Action.CLEAR;
        cleared = true;
      }
    }
    if (cleared) {
      ordered |= crossesSectors(extent);
      for (long block = extent.first(); block < extent.end(); block++) {
        if (cells[index(block)] == Action.OVERWRITE) {
          parts.add(new Part(Action.OVERWRITE, block, 1));
        }
        if (cells[index(block)] != Action.CLEAR) {
          cells[index(block)] = Action.DESCRIBE;
        }
      }
    }
  }

  private void touchCompressed(Stored extent) {
    long left = NONE;
    long leftEnd = NONE;
    for (long block = extent.first(); block < extent.end(); block++) {
      if (!fresh.has(block)) {
        left = left == NONE ? block : left;
        leftEnd = block + 1;
      }
    }
    for (long block = extent.first(); block < extent.end(); block++) {
      boolean kept = left != NONE && block >= left && block < leftEnd;
      cells[index(block)] = kept || fresh.hasData(block) ? Action.STORE : Action.ERASE;
      whole[index(block)] = kept ? index(extent.first()) : NONE;
    }
  }

  /** Joins blocks to parts, which end where a sector of the bitmap does. */
  private void join() {
    for (int at = 0; at < count; ) {
      Action action = cells[at];
      int end = at + 1;
      while (end < count
          && cells[end] == action
          && whole[end] == whole[at]
          && (action == Action.OVERWRITE || together(run + at, run + end))) {
        end++;
      }
      if (action != null) {
        boolean split = action == Action.STORE && !together(run + at, run + at);
        parts.add(new Part(split ? Action.STORE_RAW : action, run + at, end - at));
      }
      at = end;
    }
  }

  /** Tells whether the bits of blocks all lie in one sector. */
  private static boolean together(long first, long last) {
    return Bitmap.firstSector(first) == Bitmap.lastSector(last);
  }

  /** {@return the first block of the run} */
  long run() {
    return run;
  }

  /** {@return what is done, to each block at most once, but for bytes and bits of one} */
  List<Part> parts() {
    return parts;
  }

  /**
   * {@return whether the sectors of bits must become durable one by one, from the last to the
   * first: extents that the driver made lie in two of them}
   */
  boolean isOrdered() {
    return ordered;
  }

  /** {@return the bytes that blocks are to hold} */
  byte[] contents(Part part, StoredExtents stored) {
    byte[] bytes = new byte[part.blocks() * BLOCK];
    for (int i = 0; i < part.blocks(); i++) {
      long block = part.first() + i;
      byte @Nullable [] here = fresh.get(block);
      if (here != null) {
        System.arraycopy(here, 0, bytes, i * BLOCK, BLOCK);
      } else {
        Stored extent = bitmap.at(block);
        byte[] plain = stored.plain(extent);
        System.arraycopy(plain, (int) (block - extent.first()) * BLOCK, bytes, i * BLOCK, BLOCK);
      }
    }
    return bytes;
  }

  /**
   * {@return the five bits of a block of an extent, as insitu_comp_set_extent spreads them}
   *
   * @param index of the block in the extent
   * @param sectors of payload
   */
  static int meta(int index, int sectors) {
    int here = Math.clamp(sectors - (long) index * RAW, 0, RAW);
    return index == 0 ? here : here | MetaBitmap.TAIL;
  }
}
