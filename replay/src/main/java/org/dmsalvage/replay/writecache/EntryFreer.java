package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.function.IntPredicate;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheFormat;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.clean.WriteSink;
import org.dmsalvage.replay.clean.WriteSink.Image;

/**
 * Frees the entries of a writecache and commits that, as the driver does after writing back
 * (writecache_free_entry, writecache_commit_flushed): seq_count of each entry becomes 2^64-1, its
 * address stays, and the superblock's seq_count goes up by one.
 *
 * <p>What shows on the logical device goes last: a superseded copy must not outlive the newer one.
 */
final class EntryFreer implements Emptier {

  private static final String TASK = "freeing entries";
  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int CHUNK_BYTES = 1 << 20;

  @Override
  public void empty(OpenRequest images, WriteSink sink, Progress progress) {
    WritecacheImage image = (WritecacheImage) new WritecacheFormat().open(images);
    WritecacheLayout layout = image.layout();
    Superblock superblock = layout.superblock();
    boolean right =
        image.sequences(progress).superblockCounts()
            && superblock.magic() == Superblock.MAGIC
            && superblock.blockCount() == layout.geometry().blockCount();
    if (!right) {
      throw new UnsupportedImageException(
          images.cache().name(), "its superblock is damaged; repair it before it is made clean");
    }
    BitSet shown = shown(image, progress);
    Table table = new Table(image, sink, progress);
    boolean written = table.free(entry -> !shown.get(entry));
    written |= table.free(_ -> true);
    if (written) {
      table.commit(superblock);
    }
  }

  private static BitSet shown(WritecacheImage image, Progress progress) {
    EntryMap map =
        new EntryReader(
                image.source().name(),
                image.entries(),
                image.layout().superblock().sequenceCount(),
                false,
                EntryReader.Losses.NONE)
            .read(progress);
    EntryMap salvaged =
        map.breakTies(
            image.entries(),
            candidates -> WritecacheReplayer.written(image.source(), image.layout(), candidates));
    BitSet shown = new BitSet();
    for (int p = salvaged.ceiling(0); p < salvaged.size(); p = salvaged.next(p)) {
      shown.set(salvaged.entry(p));
    }
    return shown;
  }

  /** The sectors that hold the superblock and the table. */
  private static final class Table {
    private final BlockSource cache;
    private final EntryTable entries;
    private final long start;
    private final long end;
    private final WriteSink sink;
    private final Progress progress;

    Table(WritecacheImage image, WriteSink sink, Progress progress) {
      this.cache = image.source();
      this.entries = image.entries();
      this.start = image.layout().start();
      this.end = (entries.offset(entries.count()) + SECTOR - 1) / SECTOR * SECTOR;
      this.sink = sink;
      this.progress = progress;
    }

    /** Frees the entries that are not free and are wanted; whether there were any. */
    boolean free(IntPredicate wanted) {
      progress.begin(TASK, end - start);
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      boolean any = false;
      for (long at = start; at < end; at += CHUNK_BYTES) {
        progress.checkCancelled(TASK);
        chunk.clear().limit((int) Math.min(CHUNK_BYTES, end - at));
        cache.read(at, chunk);
        any |= freeIn(chunk.flip(), at, wanted);
        progress.advance(chunk.capacity());
      }
      if (any) {
        sink.sync();
      }
      return any;
    }

    private boolean freeIn(ByteBuffer chunk, long offset, IntPredicate wanted) {
      boolean any = false;
      int from = 0;
      for (int sector = 0; sector < chunk.limit(); sector += SECTOR) {
        if (freeInSector(chunk, sector, offset, wanted)) {
          any = true;
        } else {
          write(chunk, from, sector, offset);
          from = sector + SECTOR;
        }
      }
      write(chunk, from, chunk.limit(), offset);
      return any;
    }

    private boolean freeInSector(ByteBuffer chunk, int sector, long offset, IntPredicate wanted) {
      long tableStart = entries.offset(0);
      int first = (int) Math.max(sector, tableStart - offset);
      boolean any = false;
      for (int at = first; at < sector + SECTOR; at += Entry.BYTES) {
        long index = (offset + at - tableStart) / Entry.BYTES;
        if (index < entries.count()
            && Entry.sequence(chunk, at) != Entry.NONE
            && wanted.test((int) index)) {
          long address = Entry.originalSector(chunk, at);
          new Entry(address, Entry.NONE).encode(chunk, at);
          any = true;
        }
      }
      return any;
    }

    private void write(ByteBuffer chunk, int from, int to, long offset) {
      if (to > from) {
        sink.write(Image.CACHE, offset + from, chunk.duplicate().limit(to).position(from));
      }
    }

    /** Raises seq_count; the entries that share its sector are free by now. */
    void commit(Superblock superblock) {
      ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
      cache.read(start, sector);
      freeInSector(sector.clear(), 0, start, _ -> true);
      superblock.withSequenceCount(superblock.sequenceCount() + 1).encode(sector, 0);
      sink.write(Image.CACHE, start, sector);
      sink.sync();
    }
  }
}
