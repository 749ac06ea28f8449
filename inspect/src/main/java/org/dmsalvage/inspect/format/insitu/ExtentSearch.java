package org.dmsalvage.inspect.format.insitu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.DecodeStatus;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Finds out what an aligned run of 128 KiB holds now, where the bitmap may be older or newer than
 * the data.
 *
 * <p>The driver replaces data in place and writes the bits later (rules I18, I20, I21). What it
 * then believes in are extents side by side, and each of them has its payload, whole, at its first
 * block. What else proves itself is left over from earlier extents, and stands inside one that is
 * there now, behind its payload. So the run is walked from its first block, which no extent
 * crosses:
 *
 * <ul>
 *   <li>A payload that proves itself is the extent that is there; the walk goes on behind it.
 *   <li>Otherwise, blocks that are described as stored without compression are just that. Nothing
 *       is left over inside of such an extent.
 *   <li>Otherwise, if the bits describe an extent and its payload proves itself, but blocks before
 *       here were written since, the rest of it is still the newest there is.
 *   <li>Otherwise, the extent described was overwritten or is damaged. A payload that proves itself
 *       <em>inside the payload</em> described is newer: bytes of the one described are good up to
 *       there. If none of them begin a stream, the driver has stored the blocks up to there as they
 *       are: they are the rest of the extent, made anew (rule I14).
 *   <li>A payload in blocks that were never written, as the bits say, is newer than the bits, or
 *       older than the last formatting. It never covers an extent that is described and proves
 *       itself, unless the rest of that one has been made anew behind it.
 * </ul>
 *
 * <p>A block is tried as a head only if a trailing length somewhere behind it says so, which takes
 * one look at each sector; so no run costs more than 32 decompressions, and bytes of other origin
 * cost none.
 *
 * <p>The result is a list of pieces, in order, that cover the run, and the plain bytes. Not safe
 * for use by several threads.
 */
public final class ExtentSearch implements AutoCloseable {

  /** Blocks of a run. */
  public static final int RUN_BLOCKS = InsituGeometry.MAX_EXTENT_BLOCKS;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int BLOCK_SECTORS = InsituGeometry.BLOCK_SECTORS;
  private static final int RUN_BYTES = RUN_BLOCKS * BLOCK;
  private static final byte[] ZEROS = new byte[BLOCK];

  /** What a piece is. */
  public enum Kind {
    /** Never written: zeros. */
    UNWRITTEN,
    /** An extent that is described and proves itself. */
    EXTENT,
    /** Blocks that are described as stored without compression; nothing proves them. */
    STORED,
    /** A payload that proves itself where the bits describe something else. */
    FOUND,
    /** A payload that proves itself in blocks that were never written, as the bits say. */
    UNDESCRIBED,
    /** Part of an extent that was overwritten before, behind what overwrote it. */
    REST,
    /** The beginning of an extent whose payload is good up to a certain byte. */
    BEGINNING,
    /**
     * Blocks that the driver must have stored without compression after the bits were written: they
     * begin no payload, and what is behind them was overwritten.
     */
    REWRITTEN,
    /**
     * Blocks that may have been stored without compression after the bits were written, taken as
     * such because that was asked for.
     */
    GUESSED,
    /**
     * An extent that is described and does not prove itself; nothing of it is among the plain
     * bytes.
     */
    UNPROVEN,
    /** Blocks of an extent that was overwritten, of which nothing is known now. */
    OVERWRITTEN,
    /** Tails without a head, of which nothing is known. */
    HEADLESS,
    /** Blocks whose bits cannot be read, of which nothing is known. */
    UNKNOWN;

    /** {@return whether the bytes of such a piece stand in its blocks as they are} */
    public boolean stored() {
      return this == STORED || this == REWRITTEN || this == GUESSED;
    }
  }

  private final BlockSource source;
  private final InsituGeometry geometry;
  private final boolean uncommitted;
  private final MetaWindow bits;
  private final ExtentProver prover;
  private final byte[] plain = new byte[RUN_BYTES];

  /** The run, and the bits of its blocks. */
  private long run;

  private int blocks;
  private final int[] metas = new int[RUN_BLOCKS];
  private boolean tailBehind;
  private boolean unknownBehind;

  /** Where the run stands in the prover's window. */
  private int base;

  /** Bit i: a trailing length says that a payload begins at block i. */
  private int plausible;

  private final byte[] proven = new byte[RUN_BLOCKS];
  private final int[] provenBlocks = new int[RUN_BLOCKS];
  private final int[] provenSectors = new int[RUN_BLOCKS];

  /** The block whose proven payload the prover has decompressed last; -1 if none. */
  private int held;

  /** Whether an extent certainly begins where the walk stands, or nothing does. */
  private boolean certain;

  /**
   * The extent of which the beginning is good, and how much of its payload and of its bytes; -1 if
   * none.
   */
  private int beginningOf;

  private int beginningSectors;
  private int beginningBytes;

  private int pieces;
  private final Kind[] kinds = new Kind[RUN_BLOCKS];
  private final int[] first = new int[RUN_BLOCKS];
  private final int[] length = new int[RUN_BLOCKS];
  private final int[] heads = new int[RUN_BLOCKS];
  private final int[] sectors = new int[RUN_BLOCKS];
  private final int[] shown = new int[RUN_BLOCKS];

  private int unprovedData;

  /** The blocks that the bits join to one extent, and its head among them; -1 if none. */
  private int itemStart;

  private int itemHead;

  private int itemEnd;
  private int itemSectors;

  /**
   * Starts with nothing read.
   *
   * @param uncommitted whether what the bits do not describe counts where nothing proves that it is
   *     newer: payloads in blocks that were never written then cover extents described behind them,
   *     and bytes that nothing proves are taken as data stored without compression
   */
  public ExtentSearch(
      BlockSource source, InsituGeometry geometry, Codec codec, boolean uncommitted) {
    this.source = source;
    this.geometry = geometry;
    this.uncommitted = uncommitted;
    this.bits = MetaWindow.small(source, geometry);
    this.prover = new ExtentProver(source, geometry, codec);
  }

  /**
   * Reads a run.
   *
   * @param firstBlock its first block, a multiple of {@value #RUN_BLOCKS}
   */
  public void read(long firstBlock) {
    run = firstBlock;
    blocks = (int) Math.min(RUN_BLOCKS, geometry.dataBlocks() - run);
    pieces = 0;
    unprovedData = 0;
    held = -1;
    beginningOf = -1;
    certain = true;
    Arrays.fill(plain, (byte) 0);
    boolean any = readBits();
    long offset = geometry.dataOffset(run);
    int bytes = blocks * BLOCK;
    if (!any && (offset >= source.size() || source.nextData(offset) >= offset + bytes)) {
      add(Kind.UNWRITTEN, 0, blocks, -1, 0, 0);
      return;
    }
    base = prover.window().load(offset, bytes);
    Arrays.fill(proven, (byte) 0);
    plausible = plausible();
    int at = 0;
    while (at < blocks) {
      at = step(at);
    }
  }

  /** Reads the bits of the run. Returns whether any is set. */
  private boolean readBits() {
    int all = 0;
    for (int i = 0; i < blocks; i++) {
      metas[i] = bits.meta(run + i);
      all |= metas[i];
    }
    int behind = run + blocks < geometry.dataBlocks() ? bits.meta(run + blocks) : 0;
    tailBehind = (behind & MetaBitmap.TAIL) != 0;
    unknownBehind = behind == MetaWindow.UNKNOWN;
    return all != 0;
  }

  /** Finds the blocks at which payloads may begin, as the trailing lengths say. */
  private int plausible() {
    int found = 0;
    for (int sector = 0; sector < blocks * BLOCK_SECTORS; sector++) {
      int head = headOf(sector);
      if (head >= 0 && head % BLOCK_SECTORS == 0) {
        found |= 1 << (head / BLOCK_SECTORS);
      }
    }
    return found;
  }

  /** {@return the first sector of the payload of which a sector is the last one; -1 if of none} */
  private int headOf(int sector) {
    int at = base + (sector + 1) * SECTOR - ExtentProver.TRAILER_BYTES;
    int stream = (int) INT.get(prover.window().bytes(), at);
    return stream > 0 && stream <= RUN_BYTES
        ? Math.max(-1, sector + 1 - ExtentProver.payloadSectors(stream))
        : -1;
  }

  /** Tells whether a payload proves itself at a block. */
  private boolean proves(int at) {
    if (((plausible >> at) & 1) == 0) {
      return false;
    }
    if (proven[at] == 0) {
      boolean yes = prover.proveAt(run + at);
      held = yes ? at : -1;
      proven[at] = (byte) (yes ? 1 : -1);
      provenBlocks[at] = prover.provenBlocks();
      provenSectors[at] = prover.provenSectors();
    }
    return proven[at] > 0;
  }

  /** Decompresses a payload that has proved itself, unless that was done last. */
  private void hold(int at) {
    if (held != at) {
      held = prover.proveAt(run + at) ? at : -1;
    }
  }

  /** Settles what stands at a block, and returns the next block to look at. */
  private int step(int at) {
    int meta = metas[at];
    boolean unwritten = meta == 0 && !tail(at + 1);
    if (!unwritten && meta != MetaWindow.UNKNOWN) {
      findItem(at);
    }
    if (proves(at)) {
      return payload(at, unwritten);
    }
    if (unwritten) {
      return unwritten(at);
    }
    if (meta == MetaWindow.UNKNOWN) {
      certain = false;
      return add(Kind.UNKNOWN, at, 1, -1, 0, 0);
    }
    if (itemSectors == (itemEnd - itemStart) * BLOCK_SECTORS) {
      return stored(at);
    }
    if (itemHead < 0) {
      certain = false;
      return add(Kind.HEADLESS, at, 1, -1, 0, 0);
    }
    if (itemSectors == 0) {
      return add(Kind.UNWRITTEN, at, 1, -1, 0, 0);
    }
    return at == itemHead ? unprovenHead(at) : unprovenTail(at);
  }

  /** A block that is described as stored. */
  private int stored(int at) {
    int start = itemStart;
    int stop = certain ? undescribedPayload(at) : blocks;
    certain = true;
    if (stop < blocks && beginningUpTo(at, stop)) {
      return show(Kind.BEGINNING, at, at, stop, (stop - at) * BLOCK_SECTORS);
    }
    copyStored(at, 1);
    return add(Kind.STORED, at, 1, start, BLOCK_SECTORS, BLOCK);
  }

  /** {@return the first payload behind a block at which no compressed extent is described} */
  private int undescribedPayload(int at) {
    int next = at + 1;
    while (next < blocks) {
      if (((plausible >> next) & 1) != 0) {
        findItem(next);
        boolean described = itemHead == next && itemSectors != (itemEnd - next) * BLOCK_SECTORS;
        if (!described && proves(next)) {
          return next;
        }
      }
      next++;
    }
    return next;
  }

  private int unwritten(int at) {
    if (zeros(prover.window().bytes(), base + at * BLOCK, BLOCK)) {
      return add(Kind.UNWRITTEN, at, 1, -1, 0, 0);
    }
    unprovedData |= 1 << at;
    return uncommitted ? guess(at, 1) : add(Kind.UNWRITTEN, at, 1, -1, 0, 0);
  }

  private int guess(int at, int count) {
    copyStored(at, count);
    return add(Kind.GUESSED, at, count, at, count * BLOCK_SECTORS, count * BLOCK);
  }

  private boolean tail(int at) {
    return at < blocks ? (metas[at] & MetaBitmap.TAIL) != 0 : tailBehind;
  }

  /** Finds the extent that the bits describe around a block, as far as it is inside the run. */
  private void findItem(int at) {
    itemStart = at;
    while (itemStart > 0 && tail(itemStart) && metas[itemStart - 1] != MetaWindow.UNKNOWN) {
      itemStart--;
    }
    itemHead = tail(itemStart) ? -1 : itemStart;
    itemEnd = itemStart;
    itemSectors = 0;
    do {
      itemSectors += metas[itemEnd] & MetaBitmap.SECTORS;
      itemEnd++;
    } while (itemEnd < blocks && tail(itemEnd));
  }

  /** Takes the payload that proves itself at a block. */
  private int payload(int at, boolean unwritten) {
    int count = provenBlocks[at];
    int payload = provenSectors[at];
    Kind kind = unwritten ? Kind.UNDESCRIBED : Kind.FOUND;
    if (metas[at] != MetaWindow.UNKNOWN
        && !unwritten
        && itemHead == at
        && itemEnd - at == count
        && itemSectors == payload
        && !(itemEnd == blocks && tailBehind)) {
      kind = Kind.EXTENT;
    } else if ((unwritten || !certain) && !newer(at, unwritten)) {
      count = free(at, count, unwritten);
    }
    certain = true;
    hold(at);
    System.arraycopy(prover.plain(), 0, plain, at * BLOCK, count * BLOCK);
    return add(kind, at, count, at, payload, count * BLOCK);
  }

  /**
   * {@return how many blocks from here on, of so many, come before one that is described as
   * written, or before an extent that proves itself as it is described}
   */
  private int free(int at, int count, boolean unwritten) {
    int free = 1;
    while (free < count && !described(at + free, unwritten)) {
      free++;
    }
    return free;
  }

  private boolean described(int at, boolean written) {
    if (metas[at] == MetaWindow.UNKNOWN || (metas[at] == 0 && !tail(at + 1))) {
      return false;
    }
    findItem(at);
    return written || (itemHead == at && provesItem());
  }

  /**
   * Tells whether a payload of which that is not certain is newer than what the bits describe
   * behind its first blocks: it has overwritten the payload there, or the extent that it ends in
   * has been made anew behind it.
   */
  private boolean newer(int at, boolean unwritten) {
    int end = at + provenBlocks[at];
    int next = at + free(at, provenBlocks[at], unwritten);
    if (uncommitted || next == end || provenSectors[at] > (next - at) * BLOCK_SECTORS) {
      return true;
    }
    if (end == blocks || !tail(end)) {
      return false;
    }
    findItem(end);
    if (itemHead <= at || !provesItem() || !proves(end) || end + provenBlocks[end] != itemEnd) {
      return false;
    }
    hold(itemHead);
    int skip = (end - itemHead) * BLOCK;
    byte[] rest = Arrays.copyOfRange(prover.plain(), skip, (itemEnd - itemHead) * BLOCK);
    hold(end);
    return Arrays.equals(rest, 0, rest.length, prover.plain(), 0, rest.length);
  }

  /** Tells whether the extent found last proves itself as it is described. */
  private boolean provesItem() {
    return itemHead >= 0
        && proves(itemHead)
        && provenBlocks[itemHead] == itemEnd - itemHead
        && provenSectors[itemHead] == itemSectors;
  }

  /** The head of an extent that does not prove itself. */
  private int unprovenHead(int at) {
    int end = itemEnd;
    int payload = itemSectors;
    int stop = overwrittenFrom(at, at, end, payload);
    if (beginning(at, Math.min(payload, (blocks - at) * BLOCK_SECTORS), stop < end ? stop : -1)) {
      return show(Kind.BEGINNING, at, at, stop, payload);
    }
    if (stop < end && certain && (uncommitted || untouchedBefore()) && beginsNothing(at, stop)) {
      copyStored(at, stop - at);
      return add(
          Kind.REWRITTEN, at, stop - at, at, (stop - at) * BLOCK_SECTORS, (stop - at) * BLOCK);
    }
    int next = nextProven(at, end);
    if (uncommitted && certain && beginsNothing(at, next)) {
      return guess(at, next - at);
    }
    certain = false;
    return add(Kind.UNPROVEN, at, stop - at, at, payload, 0);
  }

  /**
   * Finds the first payload that proves itself inside the payload of an extent: it has overwritten
   * it.
   */
  private int overwrittenFrom(int at, int head, int end, int payload) {
    int stop = at + 1;
    while (stop < end && ((stop - head) * BLOCK_SECTORS >= payload || !proves(stop))) {
      stop++;
    }
    return stop;
  }

  private int nextProven(int at, int end) {
    int next = at + 1;
    while (next < end && !proves(next)) {
      next++;
    }
    return next;
  }

  /**
   * Decompresses the beginning of a payload if there is a byte at which it ceases to be good: the
   * first that was overwritten, cannot be read, or belongs to a sector of zeros, which no
   * compressor writes.
   */
  private boolean beginning(int at, int payload, int overwritten) {
    long offset = geometry.dataOffset(run + at);
    int good = prover.window().readable(offset, payload * SECTOR) / SECTOR;
    byte[] bytes = prover.window().bytes();
    int sector = 0;
    while (sector < good && !zeros(bytes, base + at * BLOCK + sector * SECTOR, SECTOR)) {
      sector++;
    }
    if (overwritten >= 0) {
      sector = Math.min(sector, (overwritten - at) * BLOCK_SECTORS);
    }
    return sector > 0 && sector < payload && decompressBeginning(at, sector);
  }

  /**
   * Decompresses the beginning of a payload that the bits do not describe, if it goes on up to one
   * that has overwritten it.
   */
  private boolean beginningUpTo(int at, int overwritten) {
    int sectors = (overwritten - at) * BLOCK_SECTORS;
    long offset = geometry.dataOffset(run + at);
    if (prover.window().readable(offset, sectors * SECTOR) < sectors * SECTOR) {
      return false;
    }
    for (int sector = 0; sector < sectors; sector++) {
      if (zeros(prover.window().bytes(), base + at * BLOCK + sector * SECTOR, SECTOR)) {
        return false;
      }
    }
    return decompressBeginning(at, sectors);
  }

  private boolean decompressBeginning(int at, int sectors) {
    held = -1;
    if (prover.begin(run + at, sectors * SECTOR) != DecodeStatus.INPUT_OVERRUN) {
      return false;
    }
    beginningOf = at;
    beginningSectors = sectors;
    beginningBytes = prover.plainBytes() / SECTOR * SECTOR;
    return true;
  }

  private static boolean zeros(byte[] bytes, int at, int count) {
    return Arrays.equals(bytes, at, at + count, ZEROS, 0, count);
  }

  /** Shows what the prover has decompressed from a head on, from one block to another. */
  private int show(Kind kind, int head, int at, int stop, int payload) {
    int skip = (at - head) * BLOCK;
    int count = Math.clamp(prover.plainBytes() / SECTOR * SECTOR - skip, 0, (stop - at) * BLOCK);
    System.arraycopy(prover.plain(), skip, plain, at * BLOCK, count);
    return add(kind, at, stop - at, head, payload, count);
  }

  /**
   * Tells whether the last piece is as the bits describe it: then no later extent, of which only
   * the beginning was written anew, had its payload where the walk stands.
   */
  private boolean untouchedBefore() {
    if (pieces == 0) {
      return true;
    }
    Kind before = kinds[pieces - 1];
    return before == Kind.UNWRITTEN || before == Kind.EXTENT || before == Kind.STORED;
  }

  /**
   * Tells whether blocks can all be read, no payload, good or damaged, begins at the first of them,
   * and none that began before ends in them.
   */
  private boolean beginsNothing(int at, int stop) {
    long offset = geometry.dataOffset(run + at);
    int count = (stop - at) * BLOCK;
    byte[] bytes = prover.window().bytes();
    if (prover.window().readable(offset, count) < count
        || zeros(bytes, base + at * BLOCK, SECTOR)) {
      return false;
    }
    for (int sector = at * BLOCK_SECTORS; sector < stop * BLOCK_SECTORS; sector++) {
      int head = headOf(sector);
      if (head >= 0 && head < at * BLOCK_SECTORS && head % BLOCK_SECTORS == 0) {
        return false;
      }
    }
    held = -1;
    DecodeStatus status = prover.begin(run + at, SECTOR);
    return status != DecodeStatus.INPUT_OVERRUN && !status.ended();
  }

  private void copyStored(int at, int count) {
    System.arraycopy(prover.window().bytes(), base + at * BLOCK, plain, at * BLOCK, count * BLOCK);
  }

  /** A tail of an extent of which blocks before this one were overwritten. */
  private int unprovenTail(int at) {
    int head = itemHead;
    int end = itemEnd;
    int payload = itemSectors;
    if (provesItem()) {
      hold(head);
      return show(Kind.REST, head, at, end, payload);
    }
    int stop = overwrittenFrom(at, head, end, payload);
    if (beginningOf == head
        && (at - head) * BLOCK < beginningBytes
        && decompressBeginning(head, beginningSectors)) {
      return show(Kind.REST, head, at, stop, payload);
    }
    int next = nextProven(at, end);
    if (certain && next < end && beginningUpTo(at, next)) {
      return show(Kind.BEGINNING, at, at, next, (next - at) * BLOCK_SECTORS);
    }
    if (certain && beginsNothing(at, at + 1)) {
      // Nothing is left over in blocks that are stored as they are.
      stop = next;
      if (uncommitted) {
        return guess(at, stop - at);
      }
    } else {
      certain = false;
    }
    return add(Kind.OVERWRITTEN, at, stop - at, -1, 0, 0);
  }

  /** Adds a piece, or blocks to the last one. Returns the block behind it. */
  private int add(Kind kind, int at, int count, int head, int payload, int bytes) {
    int last = pieces - 1;
    boolean single =
        kind == Kind.UNWRITTEN
            || kind == Kind.HEADLESS
            || kind == Kind.UNKNOWN
            || kind == Kind.OVERWRITTEN
            || kind == Kind.STORED;
    if (single && last >= 0 && kinds[last] == kind && heads[last] == head) {
      length[last] += count;
      shown[last] += bytes;
      sectors[last] += payload;
    } else {
      kinds[pieces] = kind;
      first[pieces] = at;
      length[pieces] = count;
      heads[pieces] = head;
      sectors[pieces] = payload;
      shown[pieces] = bytes;
      pieces++;
    }
    return at + count;
  }

  /** {@return the number of pieces, 1 or more} */
  public int pieces() {
    return pieces;
  }

  /** {@return what a piece is} */
  public Kind kind(int piece) {
    return kinds[piece];
  }

  /** {@return the first block of a piece} */
  public long first(int piece) {
    return run + first[piece];
  }

  /** {@return the number of blocks of a piece, 1 … 32} */
  public int blocks(int piece) {
    return length[piece];
  }

  /** {@return the block where the bytes of a piece, or its payload, begin; -1 for none} */
  public long head(int piece) {
    return heads[piece] < 0 ? -1 : run + heads[piece];
  }

  /** {@return sectors of the payload that a piece comes from, or that the bits describe} */
  public int sectors(int piece) {
    return sectors[piece];
  }

  /** {@return the blocks of a payload that proves itself, of which a piece may show some} */
  public int payloadBlocks(int piece) {
    return provenBlocks[heads[piece]];
  }

  /** {@return the bytes of a piece that are known, from its first one on} */
  public int shown(int piece) {
    return shown[piece];
  }

  /** {@return the piece that a block belongs to} */
  public int pieceAt(long block) {
    int piece = 0;
    while (piece + 1 < pieces && first(piece + 1) <= block) {
      piece++;
    }
    return piece;
  }

  /**
   * Gives a piece bytes that are known from elsewhere.
   *
   * @param bytes holds them
   * @param from where they begin
   * @param count how many, not more than the piece has
   */
  public void fill(int piece, byte[] bytes, int from, int count) {
    System.arraycopy(bytes, from, plain, first[piece] * BLOCK, count);
    shown[piece] = count;
  }

  /** {@return the plain bytes of the run, zeros where nothing is known} */
  public byte[] plain() {
    return plain;
  }

  /**
   * {@return the blocks that were never written, as the bits say, and hold bytes that nothing
   * proves; bit i is the run's block i}
   */
  public int unprovedData() {
    return unprovedData;
  }

  /**
   * {@return whether the bits join the blocks of a piece to blocks outside the run, or to blocks
   * whose bits cannot be read}
   */
  public boolean irregular(int piece) {
    int start = first[piece];
    int end = start + length[piece];
    return (heads[piece] >= 0 && tail(heads[piece]))
        || (end == blocks && (tailBehind || unknownBehind))
        || (end < blocks && metas[end] == MetaWindow.UNKNOWN);
  }

  /** {@return the blocks that the bits join to one extent from the head of a piece on} */
  public int described(int piece) {
    int end = heads[piece] + 1;
    while (end < blocks && tail(end)) {
      end++;
    }
    return end - heads[piece];
  }

  /** {@return the prover, with the run in its window} */
  public ExtentProver prover() {
    return prover;
  }

  @Override
  public void close() {
    prover.close();
  }
}
