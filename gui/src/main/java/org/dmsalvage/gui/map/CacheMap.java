package org.dmsalvage.gui.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.Role;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/** The state of each segment, entry or block of a cache. */
public final class CacheMap {

  /** Cells whose states are also kept as one mask. */
  private static final int CHUNK = 1024;

  /** Caches with more cells than this keep no ids: only their states fit the memory. */
  private static final int MOST_IDS = 1 << 22;

  /**
   * A state.
   *
   * @param word as lists have it
   * @param look how it is drawn
   * @param meaning in a sentence
   */
  public record State(String word, Look look, String meaning) {}

  private final String noun;
  private final List<State> states;
  private final byte[] codes;
  private final long[] ids;
  private final long[] masks;
  private final long[] counts;
  private final LongFunction<ByteRange> ranges;
  private long newest = -1;
  private long oldest = -1;
  private long greatestId;
  private long smallestId;

  private CacheMap(String noun, List<State> states, long cells, LongFunction<ByteRange> ranges) {
    this.noun = noun;
    this.states = List.copyOf(states);
    this.codes = new byte[Math.toIntExact(cells)];
    this.ids = new long[cells <= MOST_IDS ? codes.length : 0];
    this.masks = new long[codes.length / CHUNK + 1];
    this.counts = new long[states.size()];
    this.ranges = ranges;
  }

  /**
   * Looks at every cell of a cache; reads and verifies everything.
   *
   * @param image the cache
   * @param plog its persistent log; null if there is none
   * @param progress told about bytes; checked for the wish to stop
   */
  public static CacheMap of(CacheImage image, @Nullable BlockSource plog, Progress progress) {
    CacheMap map =
        switch (image) {
          case WriteboostImage writeboost -> ofSegments(writeboost, plog, progress);
          case WritecacheImage writecache -> ofEntries(writecache, progress);
          case InsituImage insitu -> ofExtents(insitu, progress);
          default -> new CacheMap("cell", List.of(), 0, _ -> new ByteRange(0, 0));
        };
    map.finish();
    return map;
  }

  private static State state(Look look, Enum<?> value, String meaning) {
    return new State(value.name().toLowerCase(Locale.ROOT).replace('_', ' '), look, meaning);
  }

  private static CacheMap ofSegments(
      WriteboostImage image, @Nullable BlockSource plog, Progress progress) {
    WriteboostGeometry geometry = image.reading().geometry();
    Findings nobody = new Findings();
    SegmentTable table =
        SegmentTable.scan(
            image.source(), geometry, image.reading().convention(), Depth.VERIFY, nobody, progress);
    PlogScan plogs =
        plog == null
            ? null
            : PlogScan.scan(
                plog, geometry.blocksPerSegment(), image.rambufPool(), nobody, progress);
    LogAnalysis log =
        LogAnalysis.of(table, plogs, image.rambufPool().orElse(PlogGeometry.DEFAULT_POOL));
    List<State> states = new ArrayList<>();
    states.add(state(Look.EMPTY, Role.EMPTY, "Never written."));
    states.add(state(Look.GOOD, Role.CURRENT, "Whole, and part of the log: salvage applies it."));
    states.add(
        state(
            Look.DAMAGED,
            SlotState.TORN,
            "The checksum does not fit: cut off while it was written, or damaged."));
    states.add(
        state(
            Look.STALE,
            Role.STALE,
            "Left from a round before: what should stand here was lost. Never applied."));
    states.add(state(Look.ODD, Role.AHEAD, "Its id is farther ahead than the log can have been."));
    states.add(state(Look.ODD, Role.MISPLACED, "Its id belongs in another slot."));
    states.add(
        state(Look.SPENT, Role.OTHER_LIFE, "Part of another life of the log, not the one shown."));
    states.add(state(Look.UNREADABLE, Role.UNREADABLE, "Cannot be read, or only in part."));
    CacheMap map =
        new CacheMap(
            "slot",
            states,
            table.slots(),
            slot -> new ByteRange(geometry.startByte(slot), geometry.segmentBytes()));
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      Role role = log.role(slot);
      int code =
          switch (table.state(slot)) {
            case EMPTY -> 0;
            case TORN -> 2;
            case UNREADABLE, PARTLY_READABLE -> 7;
            case SEALED, UNCHECKED ->
                switch (role) {
                  case EMPTY -> 0;
                  case CURRENT -> 1;
                  case STALE -> 3;
                  case AHEAD -> 4;
                  case MISPLACED -> 5;
                  case OTHER_LIFE -> 6;
                  case UNREADABLE -> 7;
                };
          };
      map.set(slot, code, table.id(slot));
    }
    return map;
  }

  private static CacheMap ofEntries(WritecacheImage image, Progress progress) {
    List<State> states =
        List.of(
            new State("unused", Look.EMPTY, "Never used since the cache was formatted."),
            new State("committed", Look.GOOD, "The newest committed copy of its block."),
            new State("ambiguous", Look.UNPROVED, "A twin has the same block and sequence count."),
            new State("superseded", Look.SPENT, "Another entry has a newer copy."),
            new State("uncommitted", Look.STALE, "Never committed: the driver discards it."),
            new State("free", Look.SPENT, "Free; its block still has what it held last."),
            new State("zeroed", Look.DAMAGED, "In a part of the table that was wiped."),
            new State("unreadable", Look.UNREADABLE, "Its entry cannot be read."));
    CacheMap map =
        new CacheMap(
            "entry",
            states,
            image.layout().geometry().blockCount(),
            i ->
                new ByteRange(image.layout().dataOffset(i), image.layout().geometry().blockSize()));
    List<String> words = states.stream().map(State::word).toList();
    image.list(
        "entries",
        RowFilter.ALL,
        row -> {
          long index = (Long) row[0];
          map.set(index, words.indexOf(row[1]), row[3] instanceof Long id ? id : 0);
          return true;
        },
        progress);
    return map;
  }

  private static CacheMap ofExtents(InsituImage image, Progress progress) {
    InsituGeometry geometry = image.layout().geometry();
    List<State> states =
        List.of(
            new State("unwritten", Look.EMPTY, "Never written; reads as zeros."),
            new State("ok", Look.GOOD, "The payload decompresses to exactly the extent."),
            new State("unproven", Look.SPENT, "Stored uncompressed: nothing can prove it."),
            new State(
                "stale", Look.STALE, "A payload proves itself here, but not the one described."),
            new State(
                "doubtful", Look.UNPROVED, "Decompresses, but its trailing length is another."),
            new State("short", Look.DAMAGED, "The payload ends before the extent."),
            new State("damaged", Look.DAMAGED, "The payload does not decompress."),
            new State("unreadable", Look.UNREADABLE, "A part of the payload cannot be read."),
            new State("headless", Look.ODD, "Tails without a head."),
            new State("unknown", Look.UNREADABLE, "The bits that describe it cannot be read."));
    CacheMap map =
        new CacheMap(
            "block",
            states,
            geometry.dataBlocks(),
            i -> new ByteRange(geometry.dataOffset(i), InsituGeometry.BLOCK_BYTES));
    List<String> words = states.stream().map(State::word).toList();
    image.list(
        "extents",
        RowFilter.ALL,
        row -> {
          long first = ((Number) required(row[0])).longValue() / InsituGeometry.BLOCK_BYTES;
          long blocks = ((Number) required(row[1])).longValue();
          for (long i = 0; i < blocks; i++) {
            map.set(first + i, words.indexOf(row[2]), 0);
          }
          return true;
        },
        progress);
    return map;
  }

  private static Object required(@Nullable Object value) {
    if (value == null) {
      throw new IllegalStateException("a list without its first columns");
    }
    return value;
  }

  private void set(long cell, int code, long id) {
    int at = (int) cell;
    codes[at] = (byte) Math.max(0, code);
    if (ids.length > 0) {
      ids[at] = id;
    }
  }

  private void finish() {
    for (int i = 0; i < codes.length; i++) {
      masks[i / CHUNK] |= 1L << codes[i];
      counts[codes[i]]++;
      if (ids.length > 0 && ids[i] != 0 && states.get(codes[i]).look() == Look.GOOD) {
        if (newest < 0 || Long.compareUnsigned(ids[i], greatestId) > 0) {
          newest = i;
          greatestId = ids[i];
        }
        if (oldest < 0 || Long.compareUnsigned(ids[i], smallestId) < 0) {
          oldest = i;
          smallestId = ids[i];
        }
      }
    }
  }

  /** {@return what a cell is called: slot, entry or block} */
  public String noun() {
    return noun;
  }

  /** {@return how many cells there are} */
  public long cells() {
    return codes.length;
  }

  /** {@return all states that cells of this cache can have} */
  public List<State> states() {
    return states;
  }

  /** {@return the state of a cell} */
  public State state(long cell) {
    return states.get(codes[(int) cell]);
  }

  /** {@return the id of a cell, unsigned; 0 if it has none} */
  public long id(long cell) {
    return ids.length == 0 ? 0 : ids[(int) cell];
  }

  /**
   * {@return the point in time right after a cell was written, as a timeline counts it, unsigned; 0
   * if it has none}
   */
  public long time(long cell) {
    long id = id(cell);
    // A commit gives the superblock the number behind that of its entries.
    return noun.equals("entry") && id != 0 ? id + 1 : id;
  }

  /** {@return the bytes of a cell in the image} */
  public ByteRange range(long cell) {
    return ranges.apply(cell);
  }

  /** {@return the cell with the newest id, or -1} */
  public long newest() {
    return newest;
  }

  /** {@return the cell with the oldest id that counts, or -1} */
  public long oldest() {
    return oldest;
  }

  /** {@return how new a cell is: 1 for the newest, 0 for the oldest, 1 where nothing tells} */
  public double freshness(long cell) {
    long span = greatestId - smallestId;
    long id = id(cell);
    return id == 0 || span <= 0
        ? 1
        : Math.clamp((double) (id - smallestId) / (double) span, 0.0, 1.0);
  }

  /** {@return the states that occur from one cell up to, but without, another, the worst last} */
  public List<State> statesIn(long from, long to) {
    long mask = 0;
    int at = (int) from;
    int end = (int) Math.min(to, codes.length);
    while (at < end) {
      if (at % CHUNK == 0 && at + CHUNK <= end) {
        mask |= masks[at / CHUNK];
        at += CHUNK;
      } else {
        mask |= 1L << codes[at++];
      }
    }
    List<State> found = new ArrayList<>();
    for (int i = 0; i < states.size(); i++) {
      if ((mask >> i & 1) == 1) {
        found.add(states.get(i));
      }
    }
    found.sort((a, b) -> a.look().compareTo(b.look()));
    return found;
  }

  /** {@return how many cells are in a state, given by its place among {@link #states()}} */
  public long count(int state) {
    return counts[state];
  }

  /**
   * {@return what has to be said of a cell where there is little room: that it is well goes
   * without}
   */
  public String shortNote(long cell) {
    long id = id(cell);
    return state(cell).look() == Look.GOOD && id != 0
        ? "id " + Long.toUnsignedString(id)
        : note(cell);
  }

  /** {@return a few words about a cell} */
  public String note(long cell) {
    long id = id(cell);
    String word = state(cell).word();
    return id == 0 || id == -1 ? word : "id %s  %s".formatted(Long.toUnsignedString(id), word);
  }
}
