package org.dmsalvage.repair.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;

/**
 * Single entries: those that nothing can be made of are freed, and parts of the table that are lost
 * become never used. Entries that follow each other and get the same treatment are one action.
 */
final class EntryRepair implements EntryTable.Visitor {

  /** Entries of one action: 64 KiB of the table. */
  private static final int MOST = 4096;

  private static final String FLIPPED =
      "if only some bits of the address are wrong, the block belongs elsewhere, and is needed";

  private final EntryTable table;
  private final BlockSource cache;
  private final long backingSectors;
  private final long sequenceCount;
  private final int sectorsPerBlock;
  private final ActionList actions;
  private final Progress progress;

  /** What the entries of the run become, and why; null between runs. */
  private @Nullable WritecacheCode code;

  private final ByteBuffer run =
      ByteBuffer.allocate(MOST * Entry.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private int runFirst;
  private int runCount;

  EntryRepair(WritecacheImage image, OpenRequest images, ActionList actions, Progress progress) {
    this.table = image.entries();
    this.cache = image.source();
    this.backingSectors = backingSectors(images);
    this.sequenceCount = image.sequenceCount(progress);
    this.sectorsPerBlock = image.layout().geometry().sectorsPerBlock();
    this.actions = actions;
    this.progress = progress;
  }

  /** The size of the backing device in sectors as far as it is known. */
  private static long backingSectors(OpenRequest images) {
    if (images.backing() != null) {
      return images.backing().size() / BlockSource.SECTOR_BYTES;
    }
    return images.table() == null ? Long.MAX_VALUE : images.table().sectors();
  }

  void plan() {
    table.scan(this, progress);
    end();
  }

  @Override
  public void entries(int first, int count, ByteBuffer bytes, int at) {
    for (int i = 0; i < count; i++) {
      long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
      WritecacheCode fault = fault(original, Entry.sequence(bytes, at + i * Entry.BYTES));
      if (fault != null) {
        put(fault, first + i, new Entry(original, Entry.NONE));
      }
    }
  }

  private @Nullable WritecacheCode fault(long original, long sequence) {
    if (sequence == Entry.NONE) {
      return null;
    }
    if (!Entry.committed(sequence, sequenceCount)) {
      return sequence == sequenceCount ? WritecacheCode.UNCOMMITTED : WritecacheCode.SEQUENCE_AHEAD;
    }
    if (!Entry.possible(original)) {
      return WritecacheCode.ADDRESS_ABSURD;
    }
    if (original % sectorsPerBlock != 0) {
      return WritecacheCode.UNALIGNED;
    }
    return original >= backingSectors ? WritecacheCode.BEYOND_BACKING : null;
  }

  @Override
  public void zeroed(int first, int count) {
    for (int i = 0; i < count; i++) {
      put(WritecacheCode.ENTRIES_ZEROED, first + i, Entry.UNUSED);
    }
  }

  @Override
  public void unreadable(int first, int count) {
    for (int i = 0; i < count; i++) {
      if (table.offset(first + i) + Entry.BYTES <= cache.size()) {
        put(WritecacheCode.ENTRIES_UNREADABLE, first + i, Entry.UNUSED);
      }
    }
  }

  private void put(WritecacheCode fault, int index, Entry after) {
    if (fault != code || index != runFirst + runCount || runCount == MOST) {
      end();
      code = fault;
      runFirst = index;
    }
    after.encode(run, runCount * Entry.BYTES);
    runCount++;
  }

  private void end() {
    if (code != null) {
      actions.add(
          Role.CACHE,
          table.offset(runFirst),
          Arrays.copyOf(run.array(), runCount * Entry.BYTES),
          why(code));
    }
    code = null;
    runCount = 0;
  }

  private Why why(WritecacheCode fault) {
    String entries =
        runCount == 1
            ? "entry %d".formatted(runFirst)
            : "entries %d to %d".formatted(runFirst, runFirst + runCount - 1);
    return switch (fault) {
      case ENTRIES_ZEROED ->
          new Why(
              fault,
              entries + " were wiped: the driver would take them for copies of sector 0",
              "none: an entry of zeros does not say where its block belongs",
              "nothing more: which sectors the blocks held is not known");
      case ENTRIES_UNREADABLE ->
          new Why(
              fault,
              entries + " cannot be read: the driver would show nothing of the cache",
              "a further reading of the medium may still bring them back",
              "nothing that can be read: which sectors the blocks held is not known");
      case ADDRESS_ABSURD ->
          new Why(fault, entries + ": no device has such an address", FLIPPED, blocks());
      case UNALIGNED ->
          new Why(
              fault,
              entries
                  + ": the address is inside a block; reads there fail, and write-back would"
                  + " overwrite parts of two blocks",
              FLIPPED,
              blocks());
      case BEYOND_BACKING ->
          new Why(
              fault,
              entries
                  + ": the address is behind the end of the backing device of %d sectors"
                      .formatted(backingSectors),
              "if this is not the backing device, or not the whole of it, the blocks are needed",
              blocks());
      case SEQUENCE_AHEAD ->
          new Why(
              fault,
              entries + ": of a commit that the superblock has not begun; the driver frees them",
              "if the superblock is wrong, these were committed: --prefer %s raises its count"
                  .formatted(WritecacheRepairer.COMMITTED),
              "what 'replay --include-uncommitted' shows of them");
      default ->
          new Why(
              fault,
              entries + ": written and never committed; the driver frees them, too",
              "none: nobody was told that they are durable",
              "what 'replay --include-uncommitted' shows of them");
    };
  }

  private String blocks() {
    return runCount == 1 ? "its block, which nothing can place" : "blocks that nothing can place";
  }
}
