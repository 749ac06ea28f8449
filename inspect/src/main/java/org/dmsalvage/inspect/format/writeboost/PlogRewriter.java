package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.sanitize.NewAddresses;
import org.dmsalvage.inspect.sanitize.RewrittenSource;

/** Gives the plogs that were found on a log device other addresses. */
final class PlogRewriter implements RewrittenSource.Rewriter {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Where the plogs stand, ascending. */
  private final long[] heads;

  private final NewAddresses addresses;

  PlogRewriter(long[] heads, NewAddresses addresses) {
    this.heads = heads;
    this.addresses = addresses;
  }

  @Override
  public boolean touches(long offset) {
    int next = firstFrom(offset);
    return next < heads.length && heads[next] < offset + RewrittenSource.BLOCK_BYTES;
  }

  private int firstFrom(long offset) {
    int found = Arrays.binarySearch(heads, offset);
    return found >= 0 ? found : -found - 1;
  }

  @Override
  public void rewrite(long offset, ByteBuffer block) {
    long end = offset + RewrittenSource.BLOCK_BYTES;
    for (int i = firstFrom(offset); i < heads.length && heads[i] < end; i++) {
      int at = (int) (heads[i] - offset);
      PlogMeta meta = PlogMeta.decode(block, at);
      block.put(at, new byte[SECTOR]);
      new PlogMeta(meta.id(), addresses.of(meta.sector()), meta.checksum(), meta.idx(), meta.len())
          .encode(block, at);
    }
  }
}
