package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * The headers of all slots, in columns, with what is known of each segment.
 *
 * <p>Takes 14 bytes a slot, and next to nothing for long runs of slots that were never written. Not
 * changed once made, except by {@link #overwrite}; safe for reading by several threads.
 */
public final class SegmentTable {

  private static final int PAGE_BITS = 12;
  private static final int PAGE_SLOTS = 1 << PAGE_BITS;

  /** Bytes that one task verifies, about. */
  private static final int VERIFY_BYTES = 2 << 20;

  /** Up to this size, several segments are verified with one read. */
  private static final int SMALL_SEGMENT = 128 << 10;

  /** Columns of a run of slots. */
  private static final class Page {
    final long[] ids = new long[PAGE_SLOTS];
    final int[] marks = new int[PAGE_SLOTS];
    final byte[] lengths = new byte[PAGE_SLOTS];
    final byte[] states = new byte[PAGE_SLOTS];

    Page copy() {
      Page copy = new Page();
      System.arraycopy(ids, 0, copy.ids, 0, PAGE_SLOTS);
      System.arraycopy(marks, 0, copy.marks, 0, PAGE_SLOTS);
      System.arraycopy(lengths, 0, copy.lengths, 0, PAGE_SLOTS);
      System.arraycopy(states, 0, copy.states, 0, PAGE_SLOTS);
      return copy;
    }
  }

  private static final Page EMPTY_PAGE = new Page();

  private final BlockSource source;
  private final WriteboostGeometry geometry;
  private final Convention convention;
  private final boolean verified;
  private final int slots;
  private final Page[] pages;
  private final long[] stateCounts = new long[SlotState.values().length];

  private SegmentTable(
      BlockSource source, WriteboostGeometry geometry, Convention convention, boolean verified) {
    if (geometry.order() > convention.maxOrder()) {
      throw new IllegalArgumentException(convention + " has no order " + geometry.order());
    }
    long count = geometry.segmentCount();
    if (count > WriteboostGeometry.MAX_SEGMENTS) {
      throw new UnsupportedImageException(
          source.name(),
          "%d segments of order %d; more than %d are not supported"
              .formatted(count, geometry.order(), WriteboostGeometry.MAX_SEGMENTS));
    }
    this.source = source;
    this.geometry = geometry;
    this.convention = convention;
    this.verified = verified;
    this.slots = (int) count;
    this.pages = new Page[(slots + PAGE_SLOTS - 1) >>> PAGE_BITS];
    Arrays.fill(pages, EMPTY_PAGE);
  }

  /**
   * Reads the headers of all slots, on all cores.
   *
   * @param source the cache device, at least as large as the geometry says
   * @param depth {@code VERIFY} also reads all data and computes the checksums, if there are any
   * @param findings receives what cannot be read
   * @param progress told about bytes dealt with
   * @throws UnsupportedImageException if there are more than {@link
   *     WriteboostGeometry#MAX_SEGMENTS} slots
   */
  public static SegmentTable scan(
      BlockSource source,
      WriteboostGeometry geometry,
      Convention convention,
      Depth depth,
      Findings findings,
      Progress progress) {
    boolean verify = depth == Depth.VERIFY;
    SegmentTable table =
        new SegmentTable(source, geometry, convention, verify || !convention.hasChecksum());
    new Scan(table, verify, progress).run(findings);
    return table;
  }

  /** {@return the device that was read} */
  public BlockSource source() {
    return source;
  }

  /** {@return where the slots stand} */
  public WriteboostGeometry geometry() {
    return geometry;
  }

  /** {@return how segments say that they are whole} */
  public Convention convention() {
    return convention;
  }

  /** {@return whether no slot is {@link SlotState#UNCHECKED}} */
  public boolean verified() {
    return verified;
  }

  /** {@return the number of slots} */
  public int slots() {
    return slots;
  }

  /** {@return the id in a slot, unsigned; 0 if it is empty or unreadable} */
  public long id(int slot) {
    return pages[slot >>> PAGE_BITS].ids[slot & (PAGE_SLOTS - 1)];
  }

  /** {@return the stored checksum, or the header's lap under {@link Convention#LAPS}} */
  public int mark(int slot) {
    return pages[slot >>> PAGE_BITS].marks[slot & (PAGE_SLOTS - 1)];
  }

  /** {@return the stored length, 0 … 255, which may exceed the blocks of a segment} */
  public int length(int slot) {
    return Byte.toUnsignedInt(pages[slot >>> PAGE_BITS].lengths[slot & (PAGE_SLOTS - 1)]);
  }

  /** {@return how many metablocks of a slot count and exist} */
  public int metablocks(int slot) {
    return Math.min(length(slot), geometry.blocksPerSegment());
  }

  /** {@return what is known of the segment in a slot} */
  public SlotState state(int slot) {
    return SlotState.of(pages[slot >>> PAGE_BITS].states[slot & (PAGE_SLOTS - 1)]);
  }

  /** {@return how many slots are in a state} */
  public long count(SlotState state) {
    return stateCounts[state.code()];
  }

  /** {@return whether the slot holds an id, and one that belongs there} */
  public boolean inSlot(int slot) {
    long id = id(slot);
    return id != 0 && geometry.slotOf(id) == slot;
  }

  /**
   * {@return the slot that holds a segment id, or -1 if the id is 0 or its slot holds another}
   *
   * @param id unsigned
   */
  public int slotHolding(long id) {
    if (id == 0 || slots == 0) {
      return -1;
    }
    int slot = (int) geometry.slotOf(id);
    return id(slot) == id ? slot : -1;
  }

  /**
   * {@return the first slot not before {@code slot} that is not empty; {@link #slots()} if none}
   *
   * <p>Skips long empty runs quickly.
   */
  public int nextUsed(int slot) {
    int at = slot;
    while (at < slots) {
      if (pages[at >>> PAGE_BITS] == EMPTY_PAGE) {
        at = ((at >>> PAGE_BITS) + 1) << PAGE_BITS;
        if (at < 0) {
          return slots;
        }
      } else if (state(at) != SlotState.EMPTY) {
        return at;
      } else {
        at++;
      }
    }
    return slots;
  }

  /**
   * Goes round the slots.
   *
   * @param start slot where the round begins
   * @param position 0 … {@link #slots()}, counted from there
   * @return the first position not before {@code position} whose slot is not empty; {@link
   *     #slots()} if there is none
   */
  public int nextUsedRound(int start, int position) {
    int at = position;
    int firstLeg = slots - start;
    if (at < firstLeg) {
      int used = nextUsed(start + at);
      if (used < slots) {
        return used - start;
      }
      at = firstLeg;
    }
    if (at >= slots) {
      return slots;
    }
    int used = nextUsed(at - firstLeg);
    return used < start ? used + firstLeg : slots;
  }

  /** {@return the first byte of a slot on the device} */
  public long startByte(int slot) {
    return geometry.startByte(slot);
  }

  /**
   * {@return a copy in which one slot holds another segment, as after a driver wrote it there}
   *
   * <p>Copies only the columns around the slot; chain it for a few slots, not for many.
   */
  public SegmentTable overwrite(int slot, long id, int mark, int length, SlotState state) {
    SegmentTable copy = new SegmentTable(source, geometry, convention, verified);
    System.arraycopy(pages, 0, copy.pages, 0, pages.length);
    System.arraycopy(stateCounts, 0, copy.stateCounts, 0, stateCounts.length);
    Page page = pages[slot >>> PAGE_BITS].copy();
    copy.pages[slot >>> PAGE_BITS] = page;
    int i = slot & (PAGE_SLOTS - 1);
    copy.stateCounts[page.states[i]]--;
    copy.stateCounts[state.code()]++;
    page.ids[i] = id;
    page.marks[i] = mark;
    page.lengths[i] = (byte) length;
    page.states[i] = state.code();
    return copy;
  }

  /**
   * {@return a copy in which damaged segments are what they should be}
   *
   * @param patched the device with the corrected bytes
   * @param corrections at most one a slot
   */
  SegmentTable corrected(BlockSource patched, List<SegmentCorrection> corrections) {
    SegmentTable copy = new SegmentTable(patched, geometry, convention, verified);
    System.arraycopy(pages, 0, copy.pages, 0, pages.length);
    System.arraycopy(stateCounts, 0, copy.stateCounts, 0, stateCounts.length);
    for (SegmentCorrection correction : corrections) {
      int number = correction.slot() >>> PAGE_BITS;
      if (copy.pages[number] == pages[number]) {
        copy.pages[number] = pages[number].copy();
      }
      Page page = copy.pages[number];
      int i = correction.slot() & (PAGE_SLOTS - 1);
      copy.stateCounts[page.states[i]]--;
      copy.stateCounts[SlotState.SEALED.code()]++;
      page.ids[i] = correction.id();
      page.marks[i] = correction.mark();
      page.lengths[i] = (byte) correction.length();
      page.states[i] = SlotState.SEALED.code();
    }
    return copy;
  }

  /**
   * Computes the checksum of a segment once more, for messages.
   *
   * @return the checksum; null if there is none, the length is impossible, or not all can be read
   */
  public @Nullable Integer computeChecksum(int slot) {
    if (!convention.hasChecksum() || length(slot) > geometry.blocksPerSegment()) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.allocate(Convention.writtenBytes(length(slot)));
    if (!source.readAround(startByte(slot), buffer).isEmpty()) {
      return null;
    }
    return convention.checksum(buffer.flip());
  }

  /** One pass over the device. */
  private static final class Scan {

    /** What a task found, besides the columns it filled. */
    private record Part(List<ByteRange> unreadable, long bytes) {}

    private final SegmentTable table;
    private final BlockSource source;
    private final WriteboostGeometry geometry;
    private final boolean verify;
    private final Progress progress;
    private final Queue<HeaderWindow> windows = new ConcurrentLinkedQueue<>();
    private final Queue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();

    Scan(SegmentTable table, boolean verify, Progress progress) {
      this.table = table;
      this.source = table.source;
      this.geometry = table.geometry;
      this.verify = verify;
      this.progress = progress;
    }

    private String task() {
      return verify ? "verifying segments" : "reading segment headers";
    }

    void run(Findings findings) {
      long unit = verify ? geometry.segmentBytes() : WriteboostGeometry.BLOCK_BYTES;
      progress.begin(task(), table.slots * unit);
      int slotsPerTask = verify ? Math.max(1, VERIFY_BYTES / geometry.segmentBytes()) : PAGE_SLOTS;
      long tasks = (table.slots + (long) slotsPerTask - 1) / slotsPerTask;
      OrderedTasks.run(
          last -> nextTask(last + 1, tasks, slotsPerTask, unit),
          task -> verify ? verify(task * slotsPerTask, slotsPerTask) : readHeaders((int) task),
          part -> {
            findings.addUnreadable(source.name(), ByteRange.joined(part.unreadable));
            progress.advance(part.bytes);
          });
      for (int page = 0; page < table.pages.length; page++) {
        int last = Math.min(table.slots - (page << PAGE_BITS), PAGE_SLOTS);
        if (table.pages[page] == EMPTY_PAGE) {
          table.stateCounts[SlotState.EMPTY.code()] += last;
          continue;
        }
        for (int i = 0; i < last; i++) {
          table.stateCounts[table.pages[page].states[i]]++;
        }
      }
    }

    /** The next task not before one whose slots are not all in a hole; -1 if there is none. */
    private long nextTask(long task, long tasks, int slotsPerTask, long unit) {
      if (task >= tasks) {
        return -1;
      }
      int slot = (int) (task * slotsPerTask);
      int used = firstAfterHole(slot);
      progress.advance((used - slot) / slotsPerTask * (slotsPerTask * unit));
      return used >= table.slots ? -1 : used / slotsPerTask;
    }

    /** The first slot, not before one, of which any byte may be in no hole. */
    private int firstAfterHole(int slot) {
      long start = geometry.startByte(slot);
      long hole = (source.nextData(start) - start) / geometry.segmentBytes();
      return Math.toIntExact(
          Math.min(table.slots, slot + Math.min(hole, geometry.slotsInARow(slot))));
    }

    private synchronized Page page(int slot) {
      int index = slot >>> PAGE_BITS;
      if (table.pages[index] == EMPTY_PAGE) {
        table.pages[index] = new Page();
      }
      return table.pages[index];
    }

    private void set(int slot, long id, int mark, int length, SlotState state) {
      Page page = page(slot);
      int i = slot & (PAGE_SLOTS - 1);
      page.ids[i] = id;
      page.marks[i] = mark;
      page.lengths[i] = (byte) length;
      page.states[i] = state.code();
    }

    private Part readHeaders(int page) {
      progress.checkCancelled(task());
      HeaderWindow window = windows.poll();
      if (window == null) {
        window = new HeaderWindow(source, geometry);
      }
      List<ByteRange> unreadable = new ArrayList<>();
      int from = page << PAGE_BITS;
      int end = from + Math.min(table.slots - from, PAGE_SLOTS);
      int slot = from;
      while (slot < end) {
        int at = window.load(slot, end - 1L - slot);
        SlotState state = headerState(window, slot, at, unreadable);
        if (state == SlotState.EMPTY) {
          slot = Math.min(end, Math.max(slot + 1, firstAfterHole(slot)));
        } else {
          setHeader(slot, window.buffer(), at, state);
          slot++;
        }
      }
      windows.add(window);
      return new Part(unreadable, (end - from) * (long) WriteboostGeometry.BLOCK_BYTES);
    }

    private SlotState headerState(
        HeaderWindow window, int slot, int at, List<ByteRange> unreadable) {
      List<ByteRange> bad = window.unreadable(slot);
      unreadable.addAll(bad);
      return state(window.buffer(), at, geometry.startByte(slot), bad);
    }

    /** What the header area alone says. */
    private SlotState state(ByteBuffer buffer, int at, long start, List<ByteRange> bad) {
      Convention convention = table.convention;
      ByteRange header = new ByteRange(start, BlockSource.SECTOR_BYTES);
      if (bad.stream().anyMatch(header::intersects)) {
        return SlotState.UNREADABLE;
      }
      if (convention.id(buffer, at) == 0) {
        return SlotState.EMPTY;
      }
      int length = convention.length(buffer, at);
      if (length > geometry.blocksPerSegment()) {
        return SlotState.TORN;
      }
      if (convention.hasChecksum()) {
        return SlotState.UNCHECKED;
      }
      ByteRange laps = new ByteRange(start, convention.metablockOffset(length));
      if (bad.stream().anyMatch(laps::intersects)) {
        return SlotState.PARTLY_READABLE;
      }
      return Convention.lapsAgree(buffer, at, length) ? SlotState.SEALED : SlotState.TORN;
    }

    private void setHeader(int slot, ByteBuffer buffer, int at, SlotState state) {
      if (state == SlotState.UNREADABLE) {
        set(slot, 0, 0, 0, state);
        return;
      }
      Convention convention = table.convention;
      set(
          slot,
          convention.id(buffer, at),
          convention.mark(buffer, at),
          convention.length(buffer, at),
          state);
    }

    private Part verify(long first, int count) {
      progress.checkCancelled(task());
      ByteBuffer buffer = buffers.poll();
      if (buffer == null) {
        int capacity =
            geometry.segmentBytes() <= SMALL_SEGMENT
                ? (int) Math.min(VERIFY_BYTES, table.slots * (long) geometry.segmentBytes())
                : geometry.segmentBytes();
        buffer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
      }
      List<ByteRange> unreadable = new ArrayList<>();
      int end = (int) Math.min(first + count, table.slots);
      if (geometry.segmentBytes() <= SMALL_SEGMENT && !geometry.wraps()) {
        verifySmall((int) first, end, buffer, unreadable);
      } else {
        for (int slot = (int) first; slot < end; slot++) {
          verifyOne(slot, buffer, unreadable);
        }
      }
      buffers.add(buffer);
      return new Part(unreadable, (end - first) * geometry.segmentBytes());
    }

    /** Reads all segments with one read. */
    private void verifySmall(int first, int end, ByteBuffer buffer, List<ByteRange> unreadable) {
      long start = geometry.startByte(first);
      long length = (long) (end - first) * geometry.segmentBytes();
      buffer.clear().limit((int) length);
      List<ByteRange> bad = source.readAround(start, buffer);
      unreadable.addAll(bad);
      for (int slot = first; slot < end; slot++) {
        int at = (slot - first) * geometry.segmentBytes();
        finish(slot, buffer, at, geometry.startByte(slot), bad);
      }
    }

    /** Reads the header and, if there is one, what it says has been written. */
    private void verifyOne(int slot, ByteBuffer buffer, List<ByteRange> unreadable) {
      long start = geometry.startByte(slot);
      buffer.clear().limit(WriteboostGeometry.BLOCK_BYTES);
      List<ByteRange> bad = new ArrayList<>(source.readAround(start, buffer));
      int blocks = writtenBlocks(buffer, state(buffer, 0, start, bad));
      if (blocks > 0) {
        buffer.limit(Convention.writtenBytes(blocks));
        bad.addAll(source.readAround(start + WriteboostGeometry.BLOCK_BYTES, buffer));
      }
      unreadable.addAll(bad);
      finish(slot, buffer, 0, start, bad);
    }

    /** How many blocks of data a header tells of; those without checksums are read all the same. */
    private int writtenBlocks(ByteBuffer header, SlotState state) {
      if (state == SlotState.EMPTY || state == SlotState.UNREADABLE) {
        return 0;
      }
      int length = table.convention.length(header, 0);
      return length > geometry.blocksPerSegment() ? 0 : length;
    }

    private void finish(int slot, ByteBuffer buffer, int at, long start, List<ByteRange> bad) {
      buffer.clear();
      SlotState state = state(buffer, at, start, bad);
      if (state == SlotState.UNCHECKED) {
        int written = Convention.writtenBytes(table.convention.length(buffer, at));
        ByteRange covered = new ByteRange(start, written);
        if (bad.stream().anyMatch(covered::intersects)) {
          state = SlotState.PARTLY_READABLE;
        } else {
          int stored = table.convention.mark(buffer, at);
          buffer.limit(at + written).position(at);
          boolean right = table.convention.checksum(buffer) == stored;
          buffer.clear();
          state = right ? SlotState.SEALED : SlotState.TORN;
        }
      }
      if (state != SlotState.EMPTY) {
        setHeader(slot, buffer, at, state);
      }
    }
  }
}
