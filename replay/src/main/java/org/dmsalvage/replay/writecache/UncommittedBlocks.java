package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.format.writecache.WritecacheTable.Mode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Candidates;
import org.jspecify.annotations.Nullable;

/**
 * What is known about blocks that were never committed, and about freed ones.
 *
 * <p><b>Uncommitted</b> entries are newer than all others of their sector, and shown. That the
 * entry stands on the medium does not prove that its data arrived: in SSD mode the entries are
 * written while data may still be on its way (ssd_commit_flushed waits for it afterwards), and an
 * entry may be there only because another one of its 64 KiB of metadata was freed; in persistent
 * memory mode the entry is written first (writecache_map). The block then holds what its last owner
 * left.
 *
 * <p><b>Freed</b> entries keep their address, and their block stays until it is used again. They
 * were written back (writecache_endio_thread, behind a flush of the origin), replaced by a newer
 * commit (writecache_flush), discarded, or dropped by a resume as uncommitted. In the first three
 * cases something newer was acknowledged since or stands on the origin; and in SSD mode a free
 * block is written before its entry changes on the medium, so that it may hold uncommitted data of
 * any other sector. Nothing can tell these apart, so they are listed where they differ from what
 * the device shows, and never applied. Blocks of entries that were never used are counted if they
 * are not all zeros: in SSD mode they may hold uncommitted data of which nobody knows the sector.
 */
final class UncommittedBlocks implements Candidates {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final String TASK = "comparing uncommitted blocks";

  private final BlockSource cache;
  private final @Nullable BlockSource backing;
  private final boolean pieces;
  private final WritecacheLayout layout;
  private final EntryTable table;
  private final long sequenceCount;
  private final UncommittedEntries uncommitted;
  private final EntryMap committed;
  private final EntryMap shown;
  private final WritecacheDevice device;
  private final Progress progress;

  /**
   * Prepares the list.
   *
   * @param cache the cache image
   * @param backing the backing device, null if it is not at hand
   * @param mode of the table line; null if unknown
   * @param layout where the blocks are
   * @param table the entries
   * @param sequenceCount entries below it are committed
   * @param uncommitted the entries that take part
   * @param committed the winners among the committed entries
   * @param shown the winners among both
   * @param device the logical device that shows them
   * @param progress told about bytes read
   */
  UncommittedBlocks(
      BlockSource cache,
      @Nullable BlockSource backing,
      @Nullable Mode mode,
      WritecacheLayout layout,
      EntryTable table,
      long sequenceCount,
      UncommittedEntries uncommitted,
      EntryMap committed,
      EntryMap shown,
      WritecacheDevice device,
      Progress progress) {
    this.cache = cache;
    this.backing = backing;
    this.pieces = mode != Mode.PMEM;
    this.layout = layout;
    this.table = table;
    this.sequenceCount = sequenceCount;
    this.uncommitted = uncommitted;
    this.committed = committed;
    this.shown = shown;
    this.device = device;
    this.progress = progress;
  }

  @Override
  public Facts forEach(Visitor visitor) {
    progress.begin(TASK, 2 * table.count() * Entry.BYTES);
    BitSet freedPieces = new BitSet();
    if (pieces) {
      table.scan(
          new EachEntry() {
            @Override
            void entry(int index, long original, long sequence) {
              if (sequence == Entry.NONE && original != Entry.NONE) {
                freedPieces.set(piece(index));
              }
            }
          },
          progress);
    }
    Pass pass = new Pass(visitor, freedPieces);
    table.scan(pass, progress);
    return pass.counts();
  }

  private static int piece(int index) {
    return (int) (WritecacheGeometry.entryOffset(index) / WritecacheGeometry.BITMAP_GRANULARITY);
  }

  /** Looks at entries one by one. */
  private abstract static class EachEntry implements EntryTable.Visitor {

    abstract void entry(int index, long original, long sequence);

    @Override
    public void entries(int first, int count, ByteBuffer bytes, int at) {
      for (int i = 0; i < count; i++) {
        entry(
            first + i,
            Entry.originalSector(bytes, at + i * Entry.BYTES),
            Entry.sequence(bytes, at + i * Entry.BYTES));
      }
    }

    @Override
    public void zeroed(int first, int count) {}

    @Override
    public void unreadable(int first, int count) {}
  }

  /** One pass over the table. */
  private final class Pass extends EachEntry {
    private final Visitor visitor;
    private final BitSet freedPieces;
    private final ByteBuffer block = ByteBuffer.allocate(layout.geometry().blockSize());
    private final ByteBuffer other = ByteBuffer.allocate(layout.geometry().blockSize());
    private final ByteBuffer zeros = ByteBuffer.allocate(layout.geometry().blockSize());
    private long newer;
    private long newerShown;
    private long newerUnreadable;
    private long freed;
    private long freedSame;
    private long freedZero;
    private long freedDiffering;
    private long freedUnreadable;
    private long unusedWithData;

    Pass(Visitor visitor, BitSet freedPieces) {
      this.visitor = visitor;
      this.freedPieces = freedPieces;
    }

    Facts counts() {
      return Facts.builder()
          .count("uncommitted", newer)
          .count("uncommittedShown", newerShown)
          .count("uncommittedUnreadable", newerUnreadable)
          .count("freed", freed)
          .count("freedSame", freedSame)
          .count("freedZero", freedZero)
          .count("freedDiffering", freedDiffering)
          .count("freedUnreadable", freedUnreadable)
          .count("unusedWithData", unusedWithData)
          .build();
    }

    @Override
    void entry(int index, long original, long sequence) {
      if (uncommitted.applicable(index, original, sequence)) {
        uncommitted(index, original, sequence);
      } else if (sequence == Entry.NONE) {
        progress.checkCancelled(TASK);
        if (original != Entry.NONE) {
          freed(index, original);
        } else if (index < layout.presentBlocks() && readBlock(index) && !zero()) {
          unusedWithData++;
        }
      }
    }

    private boolean zero() {
      return block.clear().equals(zeros.clear());
    }

    private boolean readBlock(int index) {
      return cache.readAround(layout.dataOffset(index), block.clear()).isEmpty();
    }

    /**
     * Whether the block holds the same bytes as a place of another source, zeros behind its end.
     */
    private boolean same(BlockSource source, long offset) {
      int present = Math.clamp(source.size() - offset, 0, other.capacity());
      other.clear().put(zeros.clear()).clear().limit(present);
      boolean readable = present == 0 || source.readAround(offset, other).isEmpty();
      return readable && block.clear().equals(other.clear());
    }

    private void uncommitted(int index, long sector, long sequence) {
      progress.checkCancelled(TASK);
      boolean readable = readBlock(index);
      int position = committed.find(sector);
      Integer over = position < 0 ? null : (Integer) committed.entry(position);
      boolean wins = shown.entry(shown.find(sector)) == index;
      Boolean zero = readable ? (Boolean) zero() : null;
      Boolean sameAsCommitted =
          (readable && over != null) ? (Boolean) same(cache, layout.dataOffset(over)) : null;
      Boolean sameAsBacking =
          (readable && backing != null) ? (Boolean) same(backing, sector * SECTOR) : null;
      boolean freedInPiece = freedPieces.get(piece(index));
      newer++;
      newerShown += wins ? 1 : 0;
      newerUnreadable += readable ? 0 : 1;
      List<String> known = new ArrayList<>();
      known.add(commit(sequence));
      if (!wins) {
        known.add("entry " + shown.entry(shown.find(sector)) + " is newer");
      }
      if (!readable) {
        known.add("its block cannot be read");
      } else if (Boolean.TRUE.equals(zero)) {
        known.add("all zeros: the data may never have arrived");
      }
      if (sameAsCommitted != null) {
        known.add((sameAsCommitted ? "equal to" : "differs from") + " committed entry " + over);
      }
      if (sameAsBacking != null) {
        known.add((sameAsBacking ? "equal to" : "differs from") + " the backing device");
      }
      if (freedInPiece) {
        known.add(
            "freed entries share its 64 KiB of metadata: it may have been written for their sake,"
                + " before its data");
      }
      visit(
          "uncommitted",
          wins,
          index,
          sector,
          String.join("; ", known),
          Facts.builder()
              .unsigned("sequence", sequence)
              .count("overEntry", over == null ? null : (Long) (long) over)
              .flag("sameAsCommitted", sameAsCommitted)
              .flag("sameAsBacking", sameAsBacking)
              .flag("zeros", zero)
              .flag("readable", readable)
              .flag("freedInPiece", pieces ? freedInPiece : null));
    }

    private String commit(long sequence) {
      long ahead = sequence - sequenceCount;
      return ahead == 0
          ? "of commit %d, the next one".formatted(sequence)
          : "of commit %d, %d behind the one that the superblock expects: superblocks are missing"
              .formatted(sequence, ahead);
    }

    private void freed(int index, long sector) {
      boolean belongs =
          Entry.possible(sector)
              && layout.geometry().aligned(sector)
              && index < layout.presentBlocks();
      if (!belongs) {
        return;
      }
      freed++;
      if (!readBlock(index)) {
        freedUnreadable++;
      } else if (zero()) {
        freedZero++;
      } else if (same(device, sector * SECTOR)) {
        freedSame++;
      } else {
        freedDiffering++;
        int position = shown.find(sector);
        boolean nothingBelow = position < 0 && backing == null;
        visit(
            "freed",
            false,
            index,
            sector,
            nothingBelow
                ? "free; without the backing device nothing is known of its sector"
                : "free; differs from what the device shows: an older version"
                    + (pieces
                        ? ", or data of another sector that was written last and never committed"
                        : ", or one that a resume dropped as uncommitted"),
            Facts.builder()
                .unsigned("sequence", null)
                .count("overEntry", position < 0 ? null : (Long) (long) shown.entry(position)));
      }
    }

    private void visit(
        String state, boolean wins, int index, long sector, String known, Facts.Builder details) {
      visitor.candidate(
          new Candidate(
              state,
              wins,
              sector * SECTOR,
              layout.geometry().blockSize(),
              cache.name(),
              layout.dataOffset(index),
              known,
              details
                  .count("index", (long) index)
                  .bytes("entryOffset", table.offset(index))
                  .build()));
    }
  }
}
