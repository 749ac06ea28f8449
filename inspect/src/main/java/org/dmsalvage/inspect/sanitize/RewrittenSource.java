package org.dmsalvage.inspect.sanitize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ForwardingSource;

/**
 * Another source with some blocks of 4 KiB rewritten as they are read. What cannot be read of the
 * other cannot be read of this one. Closing it closes the other.
 */
public final class RewrittenSource extends ForwardingSource {

  /** Bytes of a block. */
  public static final int BLOCK_BYTES = 4096;

  private final Rewriter rewriter;

  /** Says what is to be rewritten. Called by several threads. */
  public interface Rewriter {

    /** {@return whether a block is to be rewritten, by its first byte in the source} */
    boolean touches(long offset);

    /**
     * Rewrites a block; zeros stay zeros.
     *
     * @param offset of its first byte in the source
     * @param block its bytes from index 0, little-endian; zeros where it cannot be read, or the
     *     source ends
     */
    void rewrite(long offset, ByteBuffer block);
  }

  /** Rewrites a source. */
  public RewrittenSource(BlockSource whole, Rewriter rewriter) {
    super(whole);
    this.rewriter = rewriter;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int start = target.position();
    long end = offset + target.remaining();
    whole.read(offset, target);
    for (long at = offset - offset % BLOCK_BYTES; at < end; at += BLOCK_BYTES) {
      if (rewriter.touches(at)) {
        int from = (int) (Math.max(at, offset) - at);
        int to = (int) (Math.min(at + BLOCK_BYTES, end) - at);
        target.put(start + (int) (at + from - offset), rewritten(at), from, to - from);
      }
    }
  }

  private ByteBuffer rewritten(long offset) {
    ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    block.limit((int) Math.min(BLOCK_BYTES, size() - offset));
    // A reader of single sectors gets those that are readable.
    whole.readAround(offset, block);
    block.clear();
    rewriter.rewrite(offset, block);
    return block;
  }
}
