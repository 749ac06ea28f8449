package org.dmsalvage.repair.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;

/**
 * Committed entries of one sector and one sequence, of which writecache_resume takes the last and
 * raises the error flag for good. All but one are freed, if something tells which one counts.
 */
final class TwinRepair {

  private final WritecacheLayout layout;
  private final EntryTable table;
  private final EntryMap map;
  private final BlockSource cache;
  private final @Nullable BlockSource backing;
  private final Wishes wishes;
  private final ActionList actions;

  TwinRepair(
      WritecacheImage image,
      OpenRequest images,
      Wishes wishes,
      ActionList actions,
      Progress progress) {
    this.layout = image.layout();
    this.table = image.entries();
    this.map = image.resolve(image.sequenceCount(progress), progress);
    this.cache = images.cache();
    this.backing = images.backing();
    this.wishes = wishes;
    this.actions = actions;
  }

  /**
   * Which entry is kept.
   *
   * @param entry its index
   * @param ground why it
   */
  private record Verdict(int entry, String ground) {}

  void plan() {
    if (!map.identicalEntries() || !actions.wants(WritecacheCode.TWINS)) {
      return;
    }
    for (int p = 0; p < map.size(); ) {
      int end = p + 1;
      while (end < map.size() && map.sector(end) == map.sector(p)) {
        end++;
      }
      if (end > p + 1) {
        copies(map.sector(p), IntStream.range(p, end).map(map::entry).sorted().toArray());
      }
      p = end;
    }
  }

  /** Settles the entries of one sector, of which each sequence may be there more than once. */
  private void copies(long sector, int[] entries) {
    long[] sequences = table.sequences(entries);
    long newest = Arrays.stream(sequences).reduce(0, TwinRepair::greater);
    for (long sequence : Arrays.stream(sequences).distinct().toArray()) {
      int[] twins =
          IntStream.range(0, entries.length)
              .filter(i -> sequences[i] == sequence)
              .map(i -> entries[i])
              .toArray();
      if (twins.length == 1) {
        continue;
      }
      if (sequence != newest) {
        Verdict none = new Verdict(-1, "a newer entry of the sector counts");
        free(sector, twins, none);
        continue;
      }
      Verdict verdict = judge(sector, twins);
      if (verdict != null) {
        free(sector, twins, verdict);
      }
    }
  }

  private static long greater(long a, long b) {
    return Long.compareUnsigned(a, b) > 0 ? a : b;
  }

  private void free(long sector, int[] twins, Verdict verdict) {
    for (int entry : twins) {
      if (entry != verdict.entry) {
        ByteBuffer bytes = ByteBuffer.allocate(Entry.BYTES);
        new Entry(sector, Entry.NONE).encode(bytes, 0);
        actions.add(
            Role.CACHE,
            table.offset(entry),
            bytes.array(),
            new Why(
                WritecacheCode.TWINS,
                "of sector %d there are entries %s of one sequence, with which the driver fails all"
                        .formatted(sector, Arrays.toString(twins))
                    + " writes and write-back; "
                    + (verdict.entry < 0 ? "" : "entry %d counts: ".formatted(verdict.entry))
                    + verdict.ground,
                verdict.entry < 0
                    ? "none: nothing shows these copies"
                    : "--prefer %s%d keeps this one".formatted(WritecacheRepairer.ENTRY, entry),
                ""));
      }
    }
  }

  /** The entry to keep; null if nothing tells, and the user has not said. */
  private @Nullable Verdict judge(long sector, int[] twins) {
    for (int entry : twins) {
      if (wishes.prefers(WritecacheRepairer.ENTRY + entry)) {
        return new Verdict(entry, "it is preferred");
      }
    }
    List<byte[]> blocks = new ArrayList<>();
    for (int entry : twins) {
      blocks.add(block(cache, entry < layout.presentBlocks() ? layout.dataOffset(entry) : -1));
    }
    int[] all = IntStream.range(0, twins.length).toArray();
    int[] readable = Arrays.stream(all).filter(i -> blocks.get(i).length > 0).toArray();
    if (readable.length == 1) {
      return new Verdict(twins[readable[0]], "no other block of them can be read");
    }
    byte[] last = blocks.getLast();
    if (readable.length > 0 && same(blocks, readable, i -> Arrays.equals(blocks.get(i), last))) {
      return new Verdict(twins[twins.length - 1], "their blocks are the same");
    }
    byte[] zeros = new byte[layout.geometry().blockSize()];
    int[] written =
        Arrays.stream(readable).filter(i -> !Arrays.equals(blocks.get(i), zeros)).toArray();
    if (written.length == 1) {
      return new Verdict(twins[written[0]], "the blocks of the others are all zeros");
    }
    byte[] disk = backing == null ? new byte[0] : block(backing, sector * BlockSource.SECTOR_BYTES);
    int[] newer = Arrays.stream(written).filter(i -> !Arrays.equals(blocks.get(i), disk)).toArray();
    if (newer.length == 1 && written.length > 1) {
      return new Verdict(
          twins[newer[0]],
          "what the other holds stands on the backing device already, so that nothing is lost");
    }
    if (wishes.prefers(WritecacheRepairer.LATER)) {
      return new Verdict(twins[twins.length - 1], "the later one is preferred, as by the driver");
    }
    return wishes.prefers(WritecacheRepairer.EARLIER)
        ? new Verdict(twins[0], "the earlier one is preferred")
        : null;
  }

  private static boolean same(List<byte[]> blocks, int[] readable, IntPredicate equal) {
    return readable.length == blocks.size() && Arrays.stream(readable).allMatch(equal);
  }

  /** The bytes of a block; none if it cannot be read whole. */
  private byte[] block(BlockSource source, long offset) {
    byte[] bytes = new byte[layout.geometry().blockSize()];
    boolean inside = offset >= 0 && offset <= source.size() - bytes.length;
    return inside && source.readAround(offset, ByteBuffer.wrap(bytes)).isEmpty()
        ? bytes
        : new byte[0];
  }
}
