package org.dmsalvage.live.view;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.live.engine.LiveDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.device.Posix;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.jspecify.annotations.Nullable;

/**
 * A device that can be written although what lies below is only read: what is written goes to a
 * file, whose form {@link OverlayHeader} describes.
 *
 * <p>After a crash the file holds all that was flushed. The first write to a block becomes visible
 * there when its bit does, and a bit is written only after the data it stands for are durable: an
 * unflushed first write is there as a whole, sector by sector, or not at all. Later writes to the
 * block go over the earlier ones in place, as on a disk.
 */
public final class Overlay implements LiveDevice {

  /** In the map of {@link #extents}: written since the overlay was made. */
  public static final int STATE_WRITTEN = 2;

  private static final int BLOCK = OverlayHeader.BLOCK_BYTES;
  private static final int PAGE_BLOCKS = OverlayHeader.BLOCKS_PER_PAGE;
  private static final int REGION_BYTES = 1 << 20;
  private static final int STRIPES = 64;

  /** Frees a range of the file; says whether it reads as zeros now. */
  @FunctionalInterface
  interface Puncher {
    boolean punch(long offset, long length);
  }

  private final BlockSource below;
  private final ChannelDevice file;
  private final Puncher puncher;
  private final OverlayHeader header;

  /** The blocks of the bitmap in which a bit is set. */
  private final ConcurrentNavigableMap<Long, AtomicLongArray> pages = new ConcurrentSkipListMap<>();

  /** Which of them differ from the file; guarded by itself. */
  private final NavigableSet<Long> changed = new TreeSet<>();

  private final List<ReentrantLock> stripes = new ArrayList<>();
  private final ReentrantLock flushing = new ReentrantLock();
  private volatile boolean written;
  private volatile @Nullable OutputException failure;

  private Overlay(BlockSource below, ChannelDevice file, OverlayHeader header, Puncher puncher) {
    this.below = below;
    this.file = file;
    this.header = header;
    this.puncher = puncher;
    for (int i = 0; i < STRIPES; i++) {
      stripes.add(new ReentrantLock());
    }
  }

  /**
   * Opens an overlay, or makes one if there is no such file.
   *
   * @param below the device that lies below; stays open when the overlay is closed
   * @param path the file
   * @throws OutputException if the file is in use, is no overlay of this device, or cannot be made
   */
  public static Overlay open(LogicalDevice below, Path path) {
    Runnable lock = null;
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
      lock = Posix.lock(path);
      if (lock == null || !Targets.lock(channel)) {
        throw new OutputException(path.toString(), "is in use by another program");
      }
      Overlay overlay =
          open(
              below,
              fingerprint(below),
              new Place(path.toString(), channel, lock),
              (offset, length) -> Posix.punchHole(path, offset, length));
      makeNameDurable(path);
      return overlay;
    } catch (IOException | SalvageException e) {
      if (lock != null) {
        lock.run();
      }
      if (channel != null) {
        try {
          channel.close();
        } catch (IOException _) {
          // Nothing was written through it.
        }
      }
      throw switch (e) {
        case IOException failed ->
            new OutputException(path.toString(), "cannot open the overlay", failed);
        case RuntimeException known -> known;
        default -> new IllegalStateException(e);
      };
    }
  }

  /**
   * The file, before it is known to be an overlay.
   *
   * @param name what messages call it
   * @param channel open for reading and writing
   * @param release what is done when the overlay is closed
   */
  record Place(String name, FileChannel channel, Runnable release) {}

  static Overlay open(BlockSource below, byte[] fingerprint, Place place, Puncher puncher)
      throws IOException {
    OverlayHeader header = new OverlayHeader(below.size(), fingerprint);
    FileChannel channel = place.channel();
    if (channel.size() == 0) {
      writeFully(channel, ByteBuffer.allocate(1), header.fileBytes() - 1);
      channel.force(true);
    }
    ByteBuffer block = ByteBuffer.allocate(OverlayHeader.BYTES);
    if (channel.size() >= header.fileBytes()) {
      readFully(channel, block, 0);
      if (channel.size() == header.fileBytes()
          && block.flip().equals(ByteBuffer.allocate(OverlayHeader.BYTES))) {
        // New, or whoever made it did not get further.
        writeFully(channel, header.encode(), 0);
        channel.force(false);
        readFully(channel, block.clear(), 0);
      }
    } else {
      while (block.hasRemaining() && channel.read(block, block.position()) >= 0) {
        // As much as there is tells what it is.
      }
      block.clear();
    }
    if (!header.matches(block) || channel.size() < header.fileBytes()) {
      throw new OutputException(place.name(), header.mismatch(block));
    }
    ChannelDevice device = new ChannelDevice(place.name(), channel, place.release());
    Overlay overlay = new Overlay(below, device, header, puncher);
    overlay.load();
    return overlay;
  }

  private static void readFully(FileChannel channel, ByteBuffer target, long offset)
      throws IOException {
    int start = target.position();
    while (target.hasRemaining()) {
      if (channel.read(target, offset + target.position() - start) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer source, long offset)
      throws IOException {
    int start = source.position();
    while (source.hasRemaining()) {
      int _ = channel.write(source, offset + source.position() - start);
    }
  }

  private static void makeNameDurable(Path path) throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null && Files.isDirectory(directory)) {
      try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
        names.force(true);
      }
    }
  }

  /** Tells views apart: by their size and by what of them comes from where in the cache. */
  private static byte[] fingerprint(LogicalDevice device) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    ByteBuffer numbers = ByteBuffer.allocate(3 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    digest.update(numbers.putLong(0, device.size()).array());
    device.forEachRun(
        (offset, length, origin) -> {
          long place = origin instanceof Origin.Cached cached ? cached.offset() : -1;
          numbers.putLong(0, offset).putLong(Long.BYTES, length).putLong(2 * Long.BYTES, place);
          digest.update(numbers.array());
        });
    return digest.digest();
  }

  private void load() {
    ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    for (long page = 0; page < header.pages(); page++) {
      file.read(OverlayHeader.BYTES + page * BLOCK, block.clear());
      AtomicLongArray bits = new AtomicLongArray(BLOCK / Long.BYTES);
      boolean any = false;
      for (int i = 0; i < bits.length(); i++) {
        long word = block.getLong(i * Long.BYTES);
        bits.set(i, word);
        any |= word != 0;
      }
      if (any) {
        pages.put(page, bits);
      }
    }
  }

  private boolean isWritten(long block) {
    AtomicLongArray bits = pages.get(block / PAGE_BLOCKS);
    int bit = (int) (block % PAGE_BLOCKS);
    return bits != null && (bits.get(bit / Long.SIZE) >>> (bit % Long.SIZE) & 1) != 0;
  }

  /** Marks blocks whose data have been written. */
  private void mark(long first, long end) {
    for (long block = first; block < end; block++) {
      long page = block / PAGE_BLOCKS;
      AtomicLongArray bits =
          pages.computeIfAbsent(page, _ -> new AtomicLongArray(BLOCK / Long.BYTES));
      int bit = (int) (block % PAGE_BLOCKS);
      long mask = 1L << (bit % Long.SIZE);
      if ((bits.getAndAccumulate(bit / Long.SIZE, mask, (a, b) -> a | b) & mask) == 0) {
        synchronized (changed) {
          changed.add(page);
        }
      }
    }
  }

  /** {@return the first block not before one, and before a limit, whose state is as asked for} */
  private long find(long from, long limit, boolean state) {
    long block = from;
    while (block < limit) {
      long page = block / PAGE_BLOCKS;
      AtomicLongArray bits = pages.get(page);
      if (bits == null) {
        if (!state) {
          return block;
        }
        Long next = pages.higherKey(page);
        if (next == null) {
          return limit;
        }
        block = next * PAGE_BLOCKS;
        continue;
      }
      int bit = (int) (block % PAGE_BLOCKS);
      long word = bits.get(bit / Long.SIZE);
      long wanted = (state ? word : ~word) >>> (bit % Long.SIZE);
      if (wanted != 0) {
        return Math.min(limit, block + Long.numberOfTrailingZeros(wanted));
      }
      block += Long.SIZE - bit % Long.SIZE;
    }
    return limit;
  }

  private long blocks() {
    return (size() + BLOCK - 1) / BLOCK;
  }

  /** {@return first byte behind the blocks that are in the same state as the one of a byte} */
  private long endOfState(long offset, long limit) {
    long block = offset / BLOCK;
    long end = find(block, (limit + BLOCK - 1) / BLOCK, !isWritten(block));
    return Math.min(limit, end * BLOCK);
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long size() {
    return header.logicalBytes();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int limit = target.limit();
    int length = target.remaining();
    Objects.checkFromIndexSize(offset, (long) length, header.logicalBytes());
    long end = offset + length;
    long at = offset;
    while (at < end) {
      long partEnd = endOfState(at, end);
      target.limit(target.position() + (int) (partEnd - at));
      if (isWritten(at / BLOCK)) {
        file.read(header.dataOffset() + at, target);
      } else {
        below.read(at, target);
      }
      at = partEnd;
    }
    target.limit(limit);
  }

  /** Does something to one part of a range, which lies in one region. */
  @FunctionalInterface
  private interface Part {
    void run(long offset, long end);
  }

  /** Cuts a range at the borders of regions. */
  private static void byRegion(long offset, long length, Part part) {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      long partEnd = Math.min(end, (at / REGION_BYTES + 1) * REGION_BYTES);
      part.run(at, partEnd);
      at = partEnd;
    }
  }

  private void checkUsable() {
    OutputException known = failure;
    if (known != null) {
      throw known;
    }
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    int limit = source.limit();
    int length = source.remaining();
    Objects.checkFromIndexSize(offset, (long) length, header.logicalBytes());
    checkUsable();
    byRegion(
        offset,
        length,
        (at, end) -> {
          source.limit(source.position() + (int) (end - at));
          put(at, end, () -> file.write(header.dataOffset() + at, source));
        });
    source.limit(limit);
  }

  /**
   * Changes a range in one region; no two threads do so to blocks that are not written yet, for the
   * rest of such a block has to be copied first.
   */
  private void put(long offset, long end, Runnable write) {
    long first = offset / BLOCK;
    long behind = (end + BLOCK - 1) / BLOCK;
    if (find(first, behind, false) == behind) {
      write.run();
      written = true;
      return;
    }
    ReentrantLock stripe = stripes.get((int) (offset / REGION_BYTES % STRIPES));
    stripe.lock();
    try {
      if (offset % BLOCK != 0) {
        fill(first);
      }
      boolean cut = end % BLOCK != 0 && end != size();
      if (cut && (behind - 1 != first || offset % BLOCK == 0)) {
        fill(behind - 1);
      }
      write.run();
      mark(first, behind);
    } finally {
      stripe.unlock();
    }
    written = true;
  }

  /** Copies a block from below, if it is not written yet; its bit stays as it is. */
  private void fill(long block) {
    if (!isWritten(block)) {
      long offset = block * BLOCK;
      ByteBuffer copy = ByteBuffer.allocate((int) Math.min(BLOCK, size() - offset));
      below.read(offset, copy);
      file.write(header.dataOffset() + offset, copy.flip());
    }
  }

  @Override
  public void zero(long offset, long length, boolean mayFree) {
    Objects.checkFromIndexSize(offset, length, header.logicalBytes());
    checkUsable();
    byRegion(
        offset,
        length,
        (at, end) ->
            put(
                at,
                end,
                () -> {
                  if (!mayFree || !puncher.punch(header.dataOffset() + at, end - at)) {
                    ByteBuffer zeros = ByteBuffer.allocate((int) (end - at));
                    file.write(header.dataOffset() + at, zeros);
                  }
                }));
  }

  @Override
  public void discard(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, header.logicalBytes());
    long first = (offset + BLOCK - 1) / BLOCK * BLOCK;
    long end = offset + length == size() ? size() : (offset + length) / BLOCK * BLOCK;
    if (first < end) {
      zero(first, end - first, true);
    }
  }

  @Override
  public void flush() {
    flushing.lock();
    try {
      checkUsable();
      if (!written) {
        return;
      }
      written = false;
      Map<Long, ByteBuffer> bitmap = takeChanged();
      file.flush();
      if (!bitmap.isEmpty()) {
        bitmap.forEach((page, bits) -> file.write(OverlayHeader.BYTES + page * BLOCK, bits));
        file.flush();
      }
    } catch (OutputException e) {
      // What the disk holds is not known any more, and never will be.
      failure = e;
      throw e;
    } finally {
      flushing.unlock();
    }
  }

  private Map<Long, ByteBuffer> takeChanged() {
    Map<Long, ByteBuffer> taken = new TreeMap<>();
    synchronized (changed) {
      for (long page : changed) {
        AtomicLongArray bits = Objects.requireNonNull(pages.get(page));
        ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bits.length(); i++) {
          block.putLong(bits.get(i));
        }
        taken.put(page, block.flip());
      }
      changed.clear();
    }
    return taken;
  }

  @Override
  public long nextData(long offset) {
    if (offset >= size()) {
      return size();
    }
    long above = Math.min(size(), find(offset / BLOCK, blocks(), true) * BLOCK);
    return Math.min(Math.max(offset, above), below.nextData(offset));
  }

  @Override
  public long nextHole(long offset) {
    long at = offset;
    while (at < size()) {
      if (isWritten(at / BLOCK)) {
        at = endOfState(at, size());
        continue;
      }
      long end = endOfState(at, size());
      long hole = below.nextHole(at);
      if (hole < end) {
        return hole;
      }
      at = end;
    }
    return size();
  }

  /**
   * {@return a map of the overlay: {@link #STATE_WRITTEN} where clients have written, what lies
   * below elsewhere}
   *
   * @param map of the device below
   */
  public ExtentMap extents(ExtentMap map) {
    return (offset, limit) -> {
      long end = endOfState(offset, limit);
      if (isWritten(offset / BLOCK)) {
        return new Extent(end, STATE_WRITTEN);
      }
      Extent known = map.at(offset, end);
      return new Extent(Math.min(end, known.end()), known.flags());
    };
  }

  /** Closes the file; what was not flushed may be lost. */
  @Override
  public void close() {
    file.close();
  }
}
