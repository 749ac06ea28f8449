package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.fact.Unit;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.format.Structures;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.sanitize.NewAddresses;
import org.dmsalvage.inspect.sanitize.RewrittenSource;
import org.dmsalvage.inspect.sanitize.Sanitized;
import org.jspecify.annotations.Nullable;

/** An image opened as a writecache. */
public final class WritecacheImage implements CacheImage {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private static final Listing ENTRIES =
      new Listing(
          "entries",
          List.of(
              new Column("index", Unit.COUNT),
              new Column("state", Unit.TEXT),
              new Column("originalSector", Unit.UNSIGNED),
              new Column("sequence", Unit.UNSIGNED),
              new Column("entryOffset", Unit.BYTES),
              new Column("dataOffset", Unit.BYTES)),
          EntryState.words());

  private final BlockSource source;
  private final @Nullable BlockSource backing;
  private final @Nullable WritecacheTable table;
  private final WritecacheLayout layout;
  private final EntryTable entries;

  WritecacheImage(OpenRequest request) {
    this.source = request.cache();
    this.backing = request.backing();
    this.table = request.table() == null ? null : WritecacheTable.parse(request.table());
    this.layout = WritecacheLayout.find(source, table);
    this.entries = new EntryTable(source, layout.start(), layout.geometry());
  }

  @Override
  public String format() {
    return WritecacheFormat.NAME;
  }

  @Override
  public String variant() {
    return variant(table);
  }

  /** {@return the variant, given what the table line says, if anything} */
  public static String variant(@Nullable WritecacheTable table) {
    return "version 1" + (table == null ? "" : ", " + table.mode());
  }

  @Override
  public BlockSource source() {
    return source;
  }

  /** {@return where the parts of the cache are} */
  public WritecacheLayout layout() {
    return layout;
  }

  /** {@return the entry table} */
  public EntryTable entries() {
    return entries;
  }

  /** {@return what the table line says, null if none was given} */
  public @Nullable WritecacheTable table() {
    return table;
  }

  /** {@return the sectors of the backing device; empty if it is not at hand} */
  OptionalLong backingSectors() {
    return backing == null ? OptionalLong.empty() : OptionalLong.of(backing.size() / SECTOR);
  }

  @Override
  public Facts geometry() {
    WritecacheGeometry g = layout.geometry();
    return Facts.builder()
        .bytes("blockSize", (long) g.blockSize())
        .count("blockCount", g.blockCount())
        .bytes("metadataBytes", g.metadataBytes())
        .bytes("startOffset", layout.start())
        .bytes("dataOffset", layout.dataOffset(0))
        .bytes("cacheBytes", g.totalBytes())
        .count("presentBlocks", layout.presentBlocks())
        .flag("superblockTrusted", layout.trusted())
        .build();
  }

  /** {@return what the entries and the superblock say about the commits} */
  public SequenceSurvey sequences(Progress progress) {
    return SequenceSurvey.of(layout, entries, progress);
  }

  /** {@return the sequence below which entries are committed: see {@link SequenceSurvey}} */
  public long sequenceCount(Progress progress) {
    return sequences(progress).sequenceCount();
  }

  @Override
  public Facts examine(Depth depth, Findings findings, Progress progress) {
    return new WritecacheCheck(this, backingSectors(), findings, progress).examine(depth);
  }

  /** Examines nothing but the superblock. */
  public void examineSuperblock(Findings findings) {
    new WritecacheCheck(this, backingSectors(), findings, Progress.NONE).superblock();
  }

  @Override
  public Structures structures() {
    long metadata = Math.min(layout.geometry().metadataBytes(), layout.bytes());
    return Structures.in(List.of(new ByteRange(layout.start(), metadata)), false);
  }

  @Override
  public Sanitized sanitized(OpenRequest request, RandomGenerator random, Progress progress) {
    NewAddresses.Builder builder = new NewAddresses.Builder(source.name());
    progress.begin("reading addresses", layout.geometry().metadataBytes());
    EntryRewriter.collect(entries, builder, progress);
    return new Sanitized(
        new RewrittenSource(request.cache(), new EntryRewriter(layout, builder.build(random))),
        request.plog());
  }

  @Override
  public List<Listing> listings() {
    return List.of(ENTRIES);
  }

  /** {@return which committed entry counts for each sector} */
  public EntryMap resolve(long sequenceCount, Progress progress) {
    AddressIndex.Builder builder = indexBuilder();
    entries.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int n, ByteBuffer bytes, int at) {
            for (int i = 0; i < n; i++) {
              long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
              long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
              if (Entry.committed(sequence, sequenceCount) && Entry.possible(original)) {
                builder.add(original, first + i);
              }
            }
          }

          @Override
          public void zeroed(int first, int n) {}

          @Override
          public void unreadable(int first, int n) {}
        },
        progress);
    return EntryMap.resolve(builder.build(), entries);
  }

  /** {@return a builder for an index of entries by original sector} */
  public AddressIndex.Builder indexBuilder() {
    return new AddressIndex.Builder(source.name(), 0, layout.geometry().blockCount());
  }

  @Override
  public void list(String listing, RowFilter filter, RowSink rows, Progress progress) {
    if (!listing.equals(ENTRIES.name())) {
      throw new UsageException("a writecache has no list " + listing + ", only entries");
    }
    for (String state : filter.states()) {
      if (!ENTRIES.states().contains(state)) {
        throw new UsageException(
            "unknown state " + state + "; known are " + String.join(", ", ENTRIES.states()));
      }
    }
    progress.begin("listing entries", 3 * entries.count() * Entry.BYTES);
    long sequenceCount = sequenceCount(progress);
    entries.scan(
        new Lister(filter, rows, sequenceCount, resolve(sequenceCount, progress)), progress);
  }

  /** Turns entries into rows. */
  private final class Lister implements EntryTable.Visitor {
    private final RowFilter filter;
    private final RowSink rows;
    private final long sequenceCount;
    private final EntryMap map;
    private boolean enough;

    Lister(RowFilter filter, RowSink rows, long sequenceCount, EntryMap map) {
      this.filter = filter;
      this.rows = rows;
      this.sequenceCount = sequenceCount;
      this.map = map;
    }

    @Override
    public void entries(int first, int count, ByteBuffer bytes, int at) {
      for (int i = 0; i < count && !enough; i++) {
        long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
        long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
        row(first + i, state(first + i, original, sequence), original, sequence);
      }
    }

    private EntryState state(int index, long original, long sequence) {
      EntryState state = EntryState.of(original, sequence, sequenceCount);
      return state == EntryState.COMMITTED ? amongCopies(map, index, original) : state;
    }

    @Override
    public void zeroed(int first, int count) {
      for (int i = 0; i < count && !enough; i++) {
        row(first + i, EntryState.ZEROED, Entry.NONE, Entry.NONE);
      }
    }

    @Override
    public void unreadable(int first, int count) {
      for (int i = 0; i < count && !enough; i++) {
        row(first + i, EntryState.UNREADABLE, Entry.NONE, Entry.NONE);
      }
    }

    private void row(int index, EntryState state, long original, long sequence) {
      long blockSize = layout.geometry().blockSize();
      long entryOffset = entries.offset(index);
      long dataOffset = layout.dataOffset(index);
      boolean inImage =
          filter.wantsImage(entryOffset, Entry.BYTES) || filter.wantsImage(dataOffset, blockSize);
      boolean atAddress =
          Entry.possible(original)
              ? filter.wantsAddress(original * SECTOR, blockSize)
              : filter.address() == null;
      if (inImage && atAddress && filter.wantsState(state.toString())) {
        enough =
            !rows.row(
                (long) index,
                state.toString(),
                original == Entry.NONE ? null : original,
                sequence == Entry.NONE ? null : sequence,
                entryOffset,
                dataOffset);
      }
    }
  }

  /** Tells what becomes of a committed entry among the copies of its sector. */
  private static EntryState amongCopies(EntryMap map, int index, long original) {
    int winner = Entry.possible(original) ? map.find(original) : -1;
    if (winner < 0 || map.entry(winner) != index) {
      return winner < 0 ? EntryState.COMMITTED : EntryState.SUPERSEDED;
    }
    return map.tied(winner) ? EntryState.AMBIGUOUS : EntryState.COMMITTED;
  }

  @Override
  public List<SectorVersion> versions(long sector, Progress progress) {
    progress.begin("searching the entry table", 2 * entries.count() * Entry.BYTES);
    long sequenceCount = sequenceCount(progress);
    int perBlock = layout.geometry().sectorsPerBlock();
    List<Integer> indexes = new ArrayList<>();
    List<Entry> found = new ArrayList<>();
    AddressIndex.Builder committed = indexBuilder();
    entries.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int n, ByteBuffer bytes, int at) {
            for (int i = 0; i < n; i++) {
              long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
              if (original <= sector && sector - original < perBlock && original >= 0) {
                Entry entry = Entry.decode(bytes, at + i * Entry.BYTES);
                indexes.add(first + i);
                found.add(entry);
                if (Entry.committed(entry.sequence(), sequenceCount)) {
                  committed.add(original, first + i);
                }
              }
            }
          }

          @Override
          public void zeroed(int first, int n) {}

          @Override
          public void unreadable(int first, int n) {}
        },
        progress);
    EntryMap map = EntryMap.resolve(committed.build(), entries);
    List<SectorVersion> versions = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      versions.add(version(sector, indexes.get(i), found.get(i), sequenceCount, map));
    }
    // Free entries come first: what they hold was written back before anything still cached.
    versions.sort(
        Comparator.comparing((SectorVersion v) -> !v.state().equals(EntryState.FREE.toString()))
            .thenComparing(SectorVersion::order, Long::compareUnsigned));
    return versions;
  }

  private SectorVersion version(
      long sector, int index, Entry entry, long sequenceCount, EntryMap map) {
    EntryState state = EntryState.of(entry.originalSector(), entry.sequence(), sequenceCount);
    if (state == EntryState.COMMITTED) {
      state = amongCopies(map, index, entry.originalSector());
    }
    boolean free = state == EntryState.FREE;
    return new SectorVersion(
        source.name(),
        layout.dataOffset(index) + (sector - entry.originalSector()) * SECTOR,
        free ? 0 : entry.sequence(),
        "entry " + index,
        state.toString(),
        Facts.builder()
            .count("index", (long) index)
            .sectors("originalSector", entry.originalSector())
            .unsigned("sequence", free ? null : entry.sequence())
            .unsigned("sequenceCount", sequenceCount)
            .flag("aligned", layout.geometry().aligned(entry.originalSector()))
            .build());
  }
}
