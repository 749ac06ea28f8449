package org.dmsalvage.replay.insitu;

import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.ExtentSearch.Kind;
import org.dmsalvage.inspect.format.insitu.ExtentState;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Reads aligned runs of 32 blocks as far as something speaks for their bytes: what {@link
 * ExtentSearch} finds, and of extents that do not prove themselves what {@link SalvageReader}
 * shows. Not safe for use by several threads.
 */
public final class RunReader implements AutoCloseable {

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  private final ExtentSearch search;
  private final SalvageReader reader;
  private final ExtentState[] states = new ExtentState[ExtentSearch.RUN_BLOCKS];
  private final String[] details = new String[ExtentSearch.RUN_BLOCKS];
  private long held = -1;

  /**
   * Starts with nothing read.
   *
   * @param uncommitted as of {@link ExtentSearch}
   */
  public RunReader(BlockSource source, InsituGeometry geometry, Codec codec, boolean uncommitted) {
    this.search = new ExtentSearch(source, geometry, codec, uncommitted);
    this.reader = new SalvageReader(source, geometry, codec);
  }

  /** {@return the first block of the run that a block belongs to} */
  static long runOf(long block) {
    return block & -ExtentSearch.RUN_BLOCKS;
  }

  /**
   * Reads a run, unless it is the one read last.
   *
   * @param run its first block
   * @return its pieces and bytes
   */
  public ExtentSearch read(long run) {
    if (held != run) {
      held = -1;
      search.read(run);
      for (int piece = 0; piece < search.pieces(); piece++) {
        if (search.kind(piece) == Kind.UNPROVEN) {
          unproven(piece);
        }
      }
      held = run;
    }
    return search;
  }

  private void unproven(int piece) {
    long shown = reader.read(search.head(piece), search.described(piece), search.sectors(piece));
    states[piece] = reader.state();
    details[piece] = reader.detail();
    search.fill(
        piece, reader.plain(), 0, (int) Math.min(shown, search.blocks(piece) * (long) BLOCK));
  }

  /** {@return what an extent is that does not prove itself} */
  ExtentState state(int piece) {
    return states[piece];
  }

  /** {@return what was expected and found of an extent that does not prove itself} */
  String detail(int piece) {
    return details[piece];
  }

  @Override
  public void close() {
    search.close();
    reader.close();
  }
}
