package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/** Examines a writecache: counts its entries and finds what is wrong with them. */
final class WritecacheCheck {

  private static final int READ_BYTES = 1 << 20;

  private final WritecacheImage image;
  private final WritecacheLayout layout;
  private final WritecacheGeometry geometry;
  private final BlockSource source;
  private final long backingSectors;
  private final long presentBlocks;
  private final Findings findings;
  private final Progress progress;

  WritecacheCheck(
      WritecacheImage image, OptionalLong backingSectors, Findings findings, Progress progress) {
    this.image = image;
    this.layout = image.layout();
    this.geometry = layout.geometry();
    this.source = image.source();
    this.presentBlocks = layout.presentBlocks();
    this.backingSectors = backingSectors.orElse(Long.MAX_VALUE);
    this.findings = findings;
    this.progress = progress;
  }

  Facts examine(Depth depth) {
    progress.begin("reading the entry table", image.entries().count() * Entry.BYTES);
    SequenceSurvey sequences = image.sequences(progress);
    long sequenceCount = sequences.sequenceCount();
    superblock();
    sequenceBehind(sequences);
    Survey survey = new Survey(sequenceCount);
    image.entries().scan(survey, progress);
    survey.endUncommitted();
    EntryMap map = EntryMap.resolve(survey.committedIndex.build(), image.entries());
    copies(map);
    padding();
    long dirtyBlocks = countReadable(map);
    Facts.Builder facts =
        Facts.builder()
            .unsigned("sequenceCount", sequenceCount)
            .count("committed", survey.committed)
            .count("uncommitted", survey.uncommitted)
            .count("free", survey.free + survey.unused)
            .count("duplicates", (long) map.supersededCount())
            .bytes("dirtyBytes", dirtyBlocks * geometry.blockSize())
            .count("dirtyBlocks", dirtyBlocks)
            .count("neverUsed", survey.unused)
            .count("zeroedEntries", survey.zeroed)
            .count("unreadableEntries", survey.unreadable)
            .unsigned("greatestSequence", survey.sequences ? (Long) survey.greatestSequence : null)
            .sectors("firstSector", map.size() == 0 ? null : map.sector(map.ceiling(0)))
            .sectors("lastSector", map.size() == 0 ? null : map.sector(map.size() - 1));
    if (depth == Depth.VERIFY) {
      data(sequenceCount, facts);
    }
    return facts.build();
  }

  private void find(WritecacheCode code, long offset, long length, Supplier<String> message) {
    findings.add(code, source.name(), offset, length, message);
  }

  // Superblock

  /** Examines the superblock alone. */
  void superblock() {
    Superblock sb = layout.superblock();
    long start = layout.start();
    if (!layout.readable()) {
      find(
          WritecacheCode.SUPERBLOCK_UNREADABLE,
          start,
          Superblock.BYTES,
          () -> "the superblock at offset %d (0x%x) cannot be read".formatted(start, start));
      findings.addUnreadable(source.name(), List.of(new ByteRange(start, Superblock.BYTES)));
      return;
    }
    if (sb.unformatted()) {
      find(
          WritecacheCode.WOULD_FORMAT,
          start,
          8,
          () -> "expected magic 0x23489321 and version 1, found zeros");
    } else if (sb.initialisationInterrupted()) {
      find(
          WritecacheCode.INTERRUPTED_INIT,
          start,
          4,
          () -> "magic 0 with version 1: expected magic 0x23489321");
    } else if (sb.magic() != Superblock.MAGIC) {
      find(
          WritecacheCode.MAGIC,
          start,
          4,
          () -> "expected magic 0x23489321, found 0x%08x".formatted(sb.magic()));
    }
    if (sb.version() != Superblock.VERSION && !sb.unformatted()) {
      find(
          WritecacheCode.VERSION,
          start + 4,
          4,
          () -> "expected version 1, found " + Integer.toUnsignedString(sb.version()));
    }
    startSector();
    blockSize(sb);
    blockCount(sb);
    if (layout.trusted() && Long.compareUnsigned(sb.sequenceCount(), Entry.SEQUENCE_LIMIT) >= 0) {
      find(
          WritecacheCode.SEQUENCE_ABSURD,
          start + Superblock.AT_SEQUENCE_COUNT,
          8,
          () ->
              "sequence count %s; no cache gets to 2^48"
                  .formatted(Long.toUnsignedString(sb.sequenceCount())));
    }
    if (!sb.reservedZero()) {
      find(
          WritecacheCode.RESERVED,
          start + Superblock.AT_PAD,
          Superblock.BYTES - Superblock.AT_PAD,
          () -> "expected zeros at offsets 12 to 15 and 32 to 63 of the superblock");
    }
  }

  private void sequenceBehind(SequenceSurvey sequences) {
    if (layout.trusted() && sequences.behind()) {
      find(
          WritecacheCode.SEQUENCE_BEHIND,
          layout.start() + Superblock.AT_SEQUENCE_COUNT,
          8,
          () ->
              "%d entries have sequences up to %d, expected at most the superblock's %d"
                  .formatted(
                      sequences.ahead(),
                      sequences.greatest(),
                      layout.superblock().sequenceCount()));
    }
  }

  private void startSector() {
    WritecacheTable table = image.table();
    if (table != null && table.startSector() * BlockSource.SECTOR_BYTES != layout.start()) {
      find(
          WritecacheCode.START_SECTOR,
          layout.start(),
          Superblock.BYTES,
          () ->
              "expected the superblock at the table line's start_sector %d, found it at offset %d"
                  .formatted(table.startSector(), layout.start()));
    }
  }

  private void blockSize(Superblock sb) {
    WritecacheTable table = image.table();
    long at = layout.start() + Superblock.AT_BLOCK_SIZE;
    String found = Integer.toUnsignedString(sb.blockSize());
    if (!WritecacheGeometry.validBlockSize(sb.blockSize())) {
      find(
          WritecacheCode.BLOCK_SIZE,
          at,
          4,
          () ->
              "expected a block size of 512, 1024, 2048 or 4096, found %s; %d fits the image"
                  .formatted(found, geometry.blockSize()));
    } else if (table != null && table.blockSize() != sb.blockSize()) {
      find(
          WritecacheCode.BLOCK_SIZE,
          at,
          4,
          () ->
              "expected the table line's block size %d, found %s"
                  .formatted(table.blockSize(), found));
    }
  }

  private void blockCount(Superblock sb) {
    if (!WritecacheGeometry.validBlockSize(sb.blockSize())) {
      return;
    }
    long at = layout.start() + Superblock.AT_BLOCK_COUNT;
    long room = WritecacheGeometry.blocksThatFit(layout.bytes(), sb.blockSize()).orElse(0);
    boolean known = geometry.blockSize() == sb.blockSize();
    if (layout.trusted() && known && geometry.blockCount() != sb.blockCount()) {
      find(
          WritecacheCode.BLOCK_COUNT,
          at,
          8,
          () ->
              "expected %d blocks, as the entry table shows in %d bytes, found %s"
                  .formatted(
                      geometry.blockCount(),
                      layout.bytes(),
                      Long.toUnsignedString(sb.blockCount())));
    } else if (sb.blockCount() == 0
        || !WritecacheGeometry.fits(sb.blockCount(), layout.bytes(), sb.blockSize())) {
      find(
          WritecacheCode.BEYOND_DEVICE,
          at,
          8,
          () ->
              "expected 1 to %d blocks in %d bytes, found %s"
                  .formatted(room, layout.bytes(), Long.toUnsignedString(sb.blockCount())));
    } else if (sb.blockCount() != room) {
      find(
          WritecacheCode.SPARE_ROOM,
          at,
          8,
          () ->
              "%d blocks in %d bytes, which have room for %d"
                  .formatted(sb.blockCount(), layout.bytes(), room));
    }
  }

  // Entries

  /** Classifies the entries, counts them and collects the committed ones. */
  private final class Survey implements EntryTable.Visitor {
    private final long sequenceCount;
    private final AddressIndex.Builder committedIndex = image.indexBuilder();
    private long committed;
    private long uncommitted;
    private long free;
    private long unused;
    private long zeroed;
    private long unreadable;
    private boolean sequences;
    private long greatestSequence;
    private int uncommittedFrom;
    private int uncommittedEnd;

    Survey(long sequenceCount) {
      this.sequenceCount = sequenceCount;
    }

    @Override
    public void entries(int first, int count, ByteBuffer bytes, int at) {
      for (int i = 0; i < count; i++) {
        long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
        long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
        if (sequence == Entry.NONE) {
          free(first + i, original);
        } else {
          if (!sequences || Long.compareUnsigned(sequence, greatestSequence) > 0) {
            greatestSequence = sequence;
            sequences = true;
          }
          if (Entry.committed(sequence, sequenceCount)) {
            committed(first + i, original, sequence);
          } else {
            uncommitted(first + i, original, sequence);
          }
        }
      }
    }

    private void free(int index, long original) {
      if (original == Entry.NONE) {
        unused++;
        return;
      }
      free++;
      if (!Entry.possible(original) || !geometry.aligned(original)) {
        findEntry(
            WritecacheCode.FREE_ADDRESS,
            index,
            () -> "free entry %d keeps %s".formatted(index, sector(original)));
      }
    }

    private void committed(int index, long original, long sequence) {
      committed++;
      if (!Entry.possible(original)) {
        findEntry(
            WritecacheCode.ADDRESS_ABSURD,
            index,
            () ->
                "entry %d (sequence %s) names %s; no device has 2^54 sectors"
                    .formatted(index, Long.toUnsignedString(sequence), sector(original)));
        return;
      }
      committedIndex.add(original, index);
      if (!geometry.aligned(original)) {
        findEntry(
            WritecacheCode.UNALIGNED,
            index,
            () ->
                "entry %d (sequence %s) names %s, expected a multiple of %d"
                    .formatted(
                        index,
                        Long.toUnsignedString(sequence),
                        sector(original),
                        geometry.sectorsPerBlock()));
      }
      if (original > backingSectors - geometry.sectorsPerBlock()) {
        findEntry(
            WritecacheCode.BEYOND_BACKING,
            index,
            () ->
                "entry %d names %s; the backing device has %d sectors"
                    .formatted(index, sector(original), backingSectors));
      }
      if (index >= presentBlocks) {
        find(
            WritecacheCode.DATA_MISSING,
            layout.dataOffset(index),
            geometry.blockSize(),
            () ->
                "block %d of %s should be at offset %d (0x%x), the image ends at %d"
                    .formatted(
                        index,
                        sector(original),
                        layout.dataOffset(index),
                        layout.dataOffset(index),
                        source.size()));
      }
    }

    private void uncommitted(int index, long original, long sequence) {
      uncommitted++;
      if (sequence != sequenceCount) {
        findEntry(
            WritecacheCode.SEQUENCE_AHEAD,
            index,
            () ->
                "entry %d of %s has sequence %s, expected at most the superblock's %s"
                    .formatted(
                        index,
                        sector(original),
                        Long.toUnsignedString(sequence),
                        Long.toUnsignedString(sequenceCount)));
      }
      if (index != uncommittedEnd) {
        endUncommitted();
        uncommittedFrom = index;
      }
      uncommittedEnd = index + 1;
    }

    /** Reports a run of uncommitted entries as one finding. */
    void endUncommitted() {
      int from = uncommittedFrom;
      int end = uncommittedEnd;
      if (end > from) {
        find(
            WritecacheCode.UNCOMMITTED,
            image.entries().offset(from),
            (long) (end - from) * Entry.BYTES,
            () ->
                "%s not committed: the superblock's sequence count is %s"
                    .formatted(span(from, end - from), Long.toUnsignedString(sequenceCount)));
      }
      uncommittedFrom = 0;
      uncommittedEnd = 0;
    }

    @Override
    public void zeroed(int first, int count) {
      zeroed += count;
      find(
          WritecacheCode.ENTRIES_ZEROED,
          image.entries().offset(first),
          (long) count * Entry.BYTES,
          () -> span(first, count) + " all zeros");
    }

    @Override
    public void unreadable(int first, int count) {
      unreadable += count;
      find(
          WritecacheCode.ENTRIES_UNREADABLE,
          image.entries().offset(first),
          (long) count * Entry.BYTES,
          () -> span(first, count) + " not readable");
      long from = image.entries().offset(first);
      if (from + Entry.BYTES <= source.size()) {
        findings.addUnreadable(
            source.name(), List.of(new ByteRange(from, (long) count * Entry.BYTES)));
      }
    }

    private void findEntry(WritecacheCode code, int index, Supplier<String> message) {
      find(code, image.entries().offset(index), Entry.BYTES, message);
    }
  }

  private static String span(int first, int count) {
    return count == 1
        ? "entry %d is".formatted(first)
        : "%d entries from %d on are".formatted(count, first);
  }

  private static String sector(long original) {
    return "sector " + Long.toUnsignedString(original);
  }

  private void copies(EntryMap map) {
    for (int p = map.nextTied(0); p >= 0; p = map.nextTied(p + 1)) {
      int winner = p;
      find(
          WritecacheCode.TWINS,
          image.entries().offset(map.entry(p)),
          Entry.BYTES,
          () ->
              "%s has several entries of the same sequence; the last one, %d, counts"
                  .formatted(sector(map.sector(winner)), map.entry(winner)));
    }
    for (int p = map.nextSuperseded(0); p >= 0; p = map.nextSuperseded(p + 1)) {
      int older = p;
      find(
          WritecacheCode.SUPERSEDED,
          image.entries().offset(map.entry(p)),
          Entry.BYTES,
          () ->
              "entry %d of %s counts no more: entry %d does"
                  .formatted(
                      map.entry(older),
                      sector(map.sector(older)),
                      map.entry(map.find(map.sector(older)))));
    }
  }

  /** Counts the winners that a read can find. */
  private long countReadable(EntryMap map) {
    long count = 0;
    for (int p = map.ceiling(0); p < map.size(); p = map.next(p)) {
      if (geometry.aligned(map.sector(p))) {
        count++;
      }
    }
    return count;
  }

  private void padding() {
    long from = layout.start() + geometry.tableEnd();
    long to = Math.min(source.size(), layout.dataOffset(0));
    if (to <= from) {
      return;
    }
    ByteBuffer padding = ByteBuffer.allocate((int) (to - from));
    findings.addUnreadable(source.name(), source.readAround(from, padding));
    for (int i = 0; i < padding.capacity(); i++) {
      if (padding.get(i) != 0) {
        long offset = from + i;
        find(
            WritecacheCode.PADDING,
            from,
            to - from,
            () -> "offset %d (0x%x) behind the entry table is not zero".formatted(offset, offset));
        return;
      }
    }
  }

  // Data

  /** Reads the blocks of all entries in use, in the order on the medium. */
  private void data(long sequenceCount, Facts.Builder facts) {
    progress.begin("reading cached blocks", -1);
    DataReader reader = new DataReader(sequenceCount);
    image.entries().scan(reader, Progress.NONE);
    reader.flush();
    facts.bytes("dataBytesRead", reader.read).bytes("dataBytesUnreadable", reader.unreadable);
    if (reader.read > 0) {
      find(
          WritecacheCode.NO_CHECKSUMS,
          layout.dataOffset(0),
          Math.min(
              geometry.totalBytes() - geometry.metadataBytes(),
              source.size() - layout.dataOffset(0)),
          () ->
              "%d bytes of cached blocks were read; the format has no checksums to verify them"
                  .formatted(reader.read));
    }
  }

  /** Reads runs of blocks in use. */
  private final class DataReader implements EntryTable.Visitor {
    private final long sequenceCount;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
    private long from;
    private long end;
    private long read;
    private long unreadable;

    DataReader(long sequenceCount) {
      this.sequenceCount = sequenceCount;
    }

    @Override
    public void entries(int first, int count, ByteBuffer bytes, int at) {
      for (int i = 0; i < count; i++) {
        if (Entry.committed(Entry.sequence(bytes, at + i * Entry.BYTES), sequenceCount)
            && first + i < presentBlocks) {
          block(first + i);
        }
      }
    }

    private void block(long index) {
      long offset = layout.dataOffset(index);
      if (offset != end || end - from + geometry.blockSize() > READ_BYTES) {
        flush();
        from = offset;
      }
      end = offset + geometry.blockSize();
    }

    void flush() {
      if (end == from) {
        return;
      }
      progress.checkCancelled("reading cached blocks");
      int length = (int) (end - from);
      List<ByteRange> bad = source.readAround(from, buffer.clear().limit(length));
      findings.addUnreadable(source.name(), bad);
      for (ByteRange range : bad) {
        unreadable += range.length();
        report(range);
      }
      read += length;
      progress.advance(length);
      from = 0;
      end = 0;
    }

    private void report(ByteRange range) {
      long first = (range.offset() - layout.dataOffset(0)) / geometry.blockSize();
      long last = (range.end() - 1 - layout.dataOffset(0)) / geometry.blockSize();
      for (long index = first; index <= last; index++) {
        long block = index;
        find(
            WritecacheCode.DATA_UNREADABLE,
            layout.dataOffset(index),
            geometry.blockSize(),
            () ->
                "block %d at offset %d (0x%x) cannot be read whole"
                    .formatted(block, layout.dataOffset(block), layout.dataOffset(block)));
      }
    }

    @Override
    public void zeroed(int first, int count) {}

    @Override
    public void unreadable(int first, int count) {}
  }
}
