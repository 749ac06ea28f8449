package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.sanitize.NewAddresses;
import org.dmsalvage.inspect.sanitize.RewrittenSource;

/**
 * Gives the entries of a table other addresses, also those that are free and remember the last one.
 * Entries that were never used, and sectors of the table that are zero throughout, stay as they
 * are; padding behind the table loses what it holds.
 */
final class EntryRewriter implements RewrittenSource.Rewriter {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final long start;
  private final WritecacheGeometry geometry;
  private final NewAddresses addresses;

  EntryRewriter(WritecacheLayout layout, NewAddresses addresses) {
    this.start = layout.start();
    this.geometry = layout.geometry();
    this.addresses = addresses;
  }

  /** Adds all addresses of a table. */
  static void collect(EntryTable table, NewAddresses.Builder builder, Progress progress) {
    table.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int count, ByteBuffer bytes, int at) {
            for (int i = 0; i < count; i++) {
              long sector = Entry.originalSector(bytes, at + i * Entry.BYTES);
              if (sector != Entry.NONE) {
                builder.add(sector);
              }
            }
          }

          @Override
          public void zeroed(int first, int count) {}

          @Override
          public void unreadable(int first, int count) {}
        },
        progress);
  }

  @Override
  public boolean touches(long offset) {
    return offset + RewrittenSource.BLOCK_BYTES > start
        && offset < start + geometry.metadataBytes();
  }

  @Override
  public void rewrite(long offset, ByteBuffer block) {
    for (int at = 0; at < RewrittenSource.BLOCK_BYTES; at += SECTOR) {
      long inTable = offset + at - start;
      if (inTable >= 0 && inTable < geometry.metadataBytes()) {
        sector(block, at, inTable);
      }
    }
  }

  private void sector(ByteBuffer block, int sector, long inTable) {
    int from = sector + (inTable == 0 ? Superblock.BYTES : 0);
    int to = sector + Math.clamp(geometry.tableEnd() - inTable, 0, SECTOR);
    int padding = Math.max(from, to);
    if (!zero(block, padding, sector + SECTOR)) {
      // That it is not zero means that something is wrong; what it is need not be known.
      block.put(padding, new byte[sector + SECTOR - padding]).put(padding, (byte) 1);
    }
    if (to - from > Entry.BYTES && zero(block, from, to)) {
      return;
    }
    for (int at = from; at < to; at += Entry.BYTES) {
      Entry entry = Entry.decode(block, at);
      if (entry.originalSector() != Entry.NONE) {
        new Entry(addresses.of(entry.originalSector()), entry.sequence()).encode(block, at);
      }
    }
  }

  private static boolean zero(ByteBuffer block, int from, int to) {
    for (int i = from; i < to; i++) {
      if (block.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
