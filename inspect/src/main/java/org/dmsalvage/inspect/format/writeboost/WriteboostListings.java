package org.dmsalvage.inspect.format.writeboost;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.fact.Unit;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/**
 * The lists that an image offers. A segment is verified when its row is wanted, so that a narrow
 * filter is quick on a large cache. Slots that were never written are listed only if the filter
 * names their state, and cost next to nothing where the image has holes.
 */
final class WriteboostListings {

  private static final int[] NONE = {};

  private static final List<String> SEGMENT_STATES =
      Stream.of(SlotState.values())
          .filter(state -> state != SlotState.UNCHECKED)
          .map(WriteboostListings::word)
          .toList();

  private static final List<String> USED_STATES =
      SEGMENT_STATES.stream().filter(s -> !s.equals("empty") && !s.equals("unreadable")).toList();

  static final Listing SEGMENTS =
      new Listing(
          "segments",
          List.of(
              new Column("slot", Unit.COUNT),
              new Column("offset", Unit.BYTES),
              new Column("id", Unit.UNSIGNED),
              new Column("state", Unit.TEXT),
              new Column("role", Unit.TEXT),
              new Column("length", Unit.COUNT),
              new Column("checksumOrLap", Unit.HEX)),
          SEGMENT_STATES);

  static final Listing METABLOCKS =
      new Listing(
          "metablocks",
          List.of(
              new Column("slot", Unit.COUNT),
              new Column("id", Unit.UNSIGNED),
              new Column("index", Unit.COUNT),
              new Column("sector", Unit.UNSIGNED),
              new Column("dirtyBits", Unit.HEX),
              new Column("offset", Unit.BYTES),
              new Column("state", Unit.TEXT),
              new Column("role", Unit.TEXT)),
          USED_STATES);

  static final Listing PLOGS =
      new Listing(
          "plogs",
          List.of(
              new Column("place", Unit.COUNT),
              new Column("offset", Unit.BYTES),
              new Column("id", Unit.UNSIGNED),
              new Column("index", Unit.COUNT),
              new Column("sector", Unit.UNSIGNED),
              new Column("sectors", Unit.COUNT),
              new Column("checksum", Unit.HEX),
              new Column("state", Unit.TEXT),
              new Column("behindGap", Unit.FLAG)),
          Stream.of(Plog.State.values()).map(WriteboostListings::word).toList());

  /** Blocks that may be data of the log, and are not applied. */
  static final Listing CANDIDATES =
      new Listing(
          "candidates",
          List.of(
              new Column("slot", Unit.COUNT),
              new Column("id", Unit.UNSIGNED),
              new Column("index", Unit.COUNT),
              new Column("sector", Unit.UNSIGNED),
              new Column("dirtyBits", Unit.HEX),
              new Column("offset", Unit.BYTES),
              new Column("state", Unit.TEXT)),
          List.of("checksum-fits", "unproved", "marked-clean"));

  private final WriteboostImage image;
  private final RowFilter filter;
  private final RowSink rows;
  private final Progress progress;

  WriteboostListings(WriteboostImage image, RowFilter filter, RowSink rows, Progress progress) {
    this.image = image;
    this.filter = filter;
    this.rows = rows;
    this.progress = progress;
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  void list(String name) {
    Listing listing =
        image.listings().stream()
            .filter(l -> l.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new UsageException("there is no list of " + name));
    for (String state : filter.states()) {
      if (!listing.states().contains(state)) {
        throw new UsageException("no state '%s' among %s".formatted(state, name));
      }
    }
    if (listing.equals(PLOGS)) {
      plogs();
    } else if (listing.equals(CANDIDATES)) {
      candidates();
    } else {
      segments(listing.equals(METABLOCKS));
    }
  }

  private void segments(boolean metablocks) {
    SegmentTable table = image.scan(Depth.HEADERS, new Findings(), progress);
    int pool = image.rambufPool().orElse(PlogGeometry.DEFAULT_POOL);
    PlogScan plogs = image.scanPlogs(new Findings(), progress);
    LogAnalysis log = LogAnalysis.of(table, plogs, pool);
    SlotVerifier verifier = new SlotVerifier(table);
    SegmentCursor cursor = new SegmentCursor(table.source(), table.geometry(), table.convention());
    WriteboostGeometry geometry = table.geometry();
    // A large cache may have millions of slots that were never written.
    boolean empty = !metablocks && filter.states().contains(word(SlotState.EMPTY));
    int first =
        slotAt(geometry, table.slots(), filter.image() == null ? 0 : filter.image().offset());
    progress.begin("listing segments", (table.slots() - (long) first) * geometry.segmentBytes());
    int slot = first;
    int done = first;
    while (slot < table.slots()) {
      progress.checkCancelled("listing segments");
      slot = empty ? slot : table.nextUsed(slot);
      progress.advance((slot - (long) done) * geometry.segmentBytes());
      done = slot;
      if (slot == table.slots() || isBehindRange(geometry, slot)) {
        return;
      }
      boolean wanted =
          filter.wantsImage(table.startByte(slot), geometry.segmentBytes())
              && !isExcluded(table.state(slot));
      boolean goOn =
          !wanted
              || (metablocks
                  ? metablocks(table, log, cursor, verifier, slot)
                  : segment(table, log, cursor, verifier, slot));
      if (!goOn) {
        return;
      }
      slot++;
    }
  }

  /** The first slot that may touch an offset or what follows it. */
  private static int slotAt(WriteboostGeometry geometry, int slots, long offset) {
    return geometry.wraps()
        ? 0
        : Math.clamp((offset - geometry.startByte(0)) / geometry.segmentBytes(), 0, slots);
  }

  /** Whether neither this slot nor any behind it can touch the range that is wanted. */
  private boolean isBehindRange(WriteboostGeometry geometry, int slot) {
    ByteRange wanted = filter.image();
    return wanted != null && !geometry.wraps() && geometry.startByte(slot) >= wanted.end();
  }

  private boolean segment(
      SegmentTable table, LogAnalysis log, SegmentCursor cursor, SlotVerifier verifier, int slot) {
    if (filter.address() != null && !holdsAddress(table, cursor, slot)) {
      return true;
    }
    SlotState state = verifier.state(slot);
    if (!filter.wantsState(word(state))) {
      return true;
    }
    boolean known = state != SlotState.EMPTY && state != SlotState.UNREADABLE;
    return rows.row(
        slot,
        table.startByte(slot),
        known ? table.id(slot) : null,
        word(state),
        word(log.role(slot)),
        known ? table.length(slot) : null,
        known ? table.mark(slot) : null);
  }

  /** Whether no filter on states can let a slot through, whatever its checksum says. */
  private boolean isExcluded(SlotState state) {
    return state != SlotState.UNCHECKED && !filter.wantsState(word(state));
  }

  private boolean holdsAddress(SegmentTable table, SegmentCursor cursor, int slot) {
    if (table.metablocks(slot) > 0) {
      cursor.load(slot);
    }
    for (int i = 0; i < table.metablocks(slot); i++) {
      if (wantsBlock(cursor.sector(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean wantsBlock(long sector) {
    ByteRange wanted = filter.address();
    if (wanted == null) {
      return true;
    }
    // Compared in sectors: a damaged address may have no byte offset.
    long first = wanted.offset() / 512;
    long end = (wanted.end() + 511) / 512;
    return sector >= 0 && sector < end && sector + WriteboostGeometry.BLOCK_SECTORS > first;
  }

  private boolean metablocks(
      SegmentTable table, LogAnalysis log, SegmentCursor cursor, SlotVerifier verifier, int slot) {
    if (table.metablocks(slot) == 0) {
      return true;
    }
    cursor.load(slot);
    SlotState state = null;
    for (int i = 0; i < table.metablocks(slot); i++) {
      if (!wantsBlock(cursor.sector(i))) {
        continue;
      }
      if (state == null) {
        state = verifier.state(slot);
      }
      if (!filter.wantsState(word(state))) {
        return true;
      }
      boolean goOn =
          rows.row(
              slot,
              table.id(slot),
              i,
              cursor.sector(i),
              cursor.dirtyBits(i),
              table.geometry().blockByte(slot, i),
              word(state),
              word(log.role(slot)));
      if (!goOn) {
        return false;
      }
    }
    return true;
  }

  private void plogs() {
    PlogScan scan = image.scanPlogs(new Findings(), progress);
    if (scan == null) {
      return;
    }
    for (PlogSegment segment : scan.segments()) {
      for (Plog plog : segment.plogs()) {
        PlogMeta meta = plog.meta();
        boolean wanted =
            filter.wantsImage(plog.offset(), plog.bytes())
                && wantsBlock(meta.blockSector())
                && filter.wantsState(word(plog.state()));
        if (wanted
            && !rows.row(
                segment.place(),
                plog.offset(),
                meta.id(),
                meta.idx(),
                meta.sector(),
                meta.len(),
                meta.checksum(),
                word(plog.state()),
                plog.behindGap())) {
          return;
        }
      }
    }
  }

  /** Segments without a header, and in 2013 blocks that were marked clean too early (rule F17). */
  private void candidates() {
    SegmentTable table = image.scan(Depth.HEADERS, new Findings(), progress);
    int pool = image.rambufPool().orElse(PlogGeometry.DEFAULT_POOL);
    LogAnalysis log = LogAnalysis.of(table, image.scanPlogs(new Findings(), progress), pool);
    SegmentCursor cursor = new SegmentCursor(table.source(), table.geometry(), table.convention());
    long end = image.backingSectors().orElse(Long.MAX_VALUE);
    for (CarvingCandidates.Candidate candidate :
        CarvingCandidates.find(log, end, progress).found()) {
      String state = candidate.checksumFits() ? "checksum-fits" : "unproved";
      cursor.load(candidate.slot());
      for (int i = 0; i < candidate.blocks(); i++) {
        if (!candidate(table, cursor, candidate.slot(), candidate.id(), i, state)) {
          return;
        }
      }
    }
    for (int slot : table.convention() == Convention.LAPS ? log.salvageOrder(log.shown()) : NONE) {
      cursor.load(slot);
      for (int i = 1; i < cursor.metablocks(); i++) {
        boolean clean = cursor.dirtyBits(i) == 0;
        if (clean && !candidate(table, cursor, slot, table.id(slot), i, "marked-clean")) {
          return;
        }
      }
    }
  }

  private boolean candidate(
      SegmentTable table, SegmentCursor cursor, int slot, long id, int i, String state) {
    long offset = table.geometry().blockByte(slot, i);
    boolean wanted =
        filter.wantsImage(offset, WriteboostGeometry.BLOCK_BYTES)
            && wantsBlock(cursor.sector(i))
            && filter.wantsState(state);
    return !wanted || rows.row(slot, id, i, cursor.sector(i), cursor.dirtyBits(i), offset, state);
  }
}
