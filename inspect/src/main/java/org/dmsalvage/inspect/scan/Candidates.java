package org.dmsalvage.inspect.scan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.inspect.progress.Progress;

/** Puts what a scan has found together to devices. */
public final class Candidates {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final long LEAD = WriteboostGeometry.SUPERBLOCK_SECTORS * SECTOR;

  /** Sectors of a table that make a candidate: 8 KiB, which hold 512 entries. */
  private static final long TABLE_SECTORS = 16;

  /** Those of them that hold used entries, at least. */
  private static final long USED_SECTORS = 4;

  /** Tables that are told of, the longest ones. */
  private static final int MOST_TABLES = 20;

  private final BlockSource source;
  private final Hits hits;
  private final List<Candidate> found = new ArrayList<>();

  /**
   * What a scan came to.
   *
   * @param candidates by their offsets
   * @param readBytes that were read; the others are holes
   * @param unreadableBytes that could not be read
   * @param unprovedHeaders that looked like headers of segments but were too many to be proved
   */
  public record Result(
      List<Candidate> candidates, long readBytes, long unreadableBytes, long unprovedHeaders) {}

  private Candidates(BlockSource source, Hits hits) {
    this.source = source;
    this.hits = hits;
  }

  /** Searches a device; {@code progress} is told about bytes. */
  public static Result scan(BlockSource source, Progress progress) {
    SectorScan.Result result = new SectorScan(source).run(progress);
    Candidates candidates = new Candidates(source, result.hits());
    candidates.addSuperblocks();
    candidates.addLogs();
    candidates.addTables();
    candidates.addPlogs();
    candidates.found.sort(Comparator.comparingLong(Candidate::offset));
    return new Result(
        List.copyOf(candidates.found), result.read(), result.unreadable(), result.hits().unproved);
  }

  private boolean known(long offset) {
    return found.stream().anyMatch(c -> c.offset() == offset);
  }

  private List<String> options(long offset, long size, String format) {
    List<String> options = new ArrayList<>();
    if (!format.isEmpty()) {
      options.addAll(List.of("--format", format));
    }
    if (offset != 0) {
      options.addAll(List.of("--offset", String.valueOf(offset)));
    }
    if (size >= 0 && size < source.size() - offset) {
      options.addAll(List.of("--size", String.valueOf(size)));
    }
    return options;
  }

  // ---- superblocks ----

  private void addSuperblocks() {
    for (Hits.Superblock superblock : hits.superblocks) {
      long offset = superblock.offset();
      switch (superblock.magic()) {
        // Where its segments stand is what makes four bytes a superblock; see there.
        case WRITEBOOST -> {}
        case WRITECACHE -> add(offset, "writecache", writecacheBytes(offset));
        case INSITU -> add(offset, "insitu", insituBytes(offset));
      }
    }
  }

  private void add(long offset, String kind, long size) {
    long rest = source.size() - offset;
    if (size <= 0) {
      return;
    }
    WindowSource window = new WindowSource(source, offset, Math.min(size, rest));
    Optional<Detection> detection =
        Formats.detect(window).stream().filter(d -> d.format().equals(kind)).findFirst();
    if (detection.isEmpty()) {
      return;
    }
    List<String> evidence = new ArrayList<>(detection.get().evidence());
    if (size > rest) {
      evidence.add("the image ends %d bytes before it".formatted(size - rest));
    }
    found.add(
        new Candidate(
            kind,
            kind,
            offset,
            size,
            detection.get().confidence() == Detection.Confidence.CERTAIN,
            evidence,
            options(offset, size, "")));
  }

  private ByteBuffer head(long offset) {
    ByteBuffer head = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    List<ByteRange> _ = source.readAround(offset, head);
    return head;
  }

  /** The size that a superblock of a writecache tells; 0 if it makes no sense. */
  private long writecacheBytes(long offset) {
    Superblock superblock = Superblock.decode(head(offset), 0);
    long count = superblock.blockCount();
    boolean possible =
        WritecacheGeometry.validBlockSize(superblock.blockSize())
            && count > 0
            && count < WritecacheGeometry.BLOCK_LIMIT;
    return possible ? new WritecacheGeometry(superblock.blockSize(), count).totalBytes() : 0;
  }

  private long insituBytes(long offset) {
    return InsituGeometry.ofCounts(
            org.dmsalvage.inspect.format.insitu.Superblock.decode(head(offset), 0))
        .map(InsituGeometry::totalBytes)
        .orElse(0L);
  }

  // ---- logs of writeboost ----

  /** Segments that belong together: the same convention, not too far from each other. */
  private void addLogs() {
    int from = 0;
    for (int i = 1; i <= hits.segments(); i++) {
      if (i == hits.segments()
          || hits.convention(i) != hits.convention(from)
          || superblockBetween(hits.offset(i - 1), hits.offset(i))) {
        addLog(from, i);
        from = i;
      }
    }
  }

  private boolean superblockBetween(long from, long to) {
    return hits.superblocks.stream()
        .anyMatch(
            s ->
                s.magic() == Hits.Magic.WRITEBOOST && s.offset() > from && s.offset() + LEAD <= to);
  }

  private void addLog(int from, int to) {
    long segmentBytes = segmentBytes(from, to);
    long count = segmentCount(from, to, segmentBytes);
    long base = base(from, to, segmentBytes, count);
    long offset = base - LEAD;
    Convention convention = hits.convention(from);
    List<String> evidence = new ArrayList<>();
    long lowest = hits.id(from);
    long highest = lowest;
    for (int i = from; i < to; i++) {
      lowest = Math.min(lowest, hits.id(i));
      highest = Math.max(highest, hits.id(i));
    }
    evidence.add(
        "%d segments, ids %d to %d, from offset %d on are proved by their checksums (%s)"
            .formatted(to - from, lowest, highest, hits.offset(from), convention.label()));
    evidence.add("they stand %d bytes apart".formatted(segmentBytes));
    boolean superblock =
        hits.superblocks.stream()
            .anyMatch(s -> s.magic() == Hits.Magic.WRITEBOOST && s.offset() == offset);
    evidence.add(
        superblock
            ? "the superblock stands where they tell, at offset %d".formatted(offset)
            : "no superblock stands where they tell, at offset %d".formatted(offset));
    long size = -1;
    if (count > 0) {
      size = LEAD + count * segmentBytes;
      evidence.add("ids begin again after %d segments: the size of the cache".formatted(count));
    }
    boolean here = offset >= 0;
    String format = convention == Convention.COMPLEMENTED_CRC ? "writeboost-2" : "";
    if (format.isEmpty() && !superblock) {
      format = "writeboost-2014";
    }
    found.add(
        new Candidate(
            "writeboost",
            here ? formatOf(offset, size).orElse(format) : format,
            Math.max(offset, 0),
            size,
            true,
            evidence,
            here ? options(offset, size, superblock ? "" : format) : List.of()));
  }

  private Optional<String> formatOf(long offset, long size) {
    long rest = source.size() - offset;
    WindowSource window = new WindowSource(source, offset, size < 0 ? rest : Math.min(size, rest));
    return Formats.detect(window).stream()
        .map(Detection::format)
        .filter(f -> f.startsWith("writeboost"))
        .findFirst();
  }

  /** What most neighbours with ids in a row say; 512 KiB if there are none. */
  private long segmentBytes(int from, int to) {
    int[] votes = new int[WriteboostGeometry.MAX_ORDER + 1];
    for (int i = from + 1; i < to; i++) {
      long ids = hits.id(i) - hits.id(i - 1);
      long bytes = hits.offset(i) - hits.offset(i - 1);
      if (ids > 0 && bytes % ids == 0) {
        long each = bytes / ids;
        int order = Long.numberOfTrailingZeros(each) - 9;
        if (Long.bitCount(each) == 1
            && order >= WriteboostGeometry.MIN_ORDER
            && order <= WriteboostGeometry.MAX_ORDER) {
          votes[order]++;
        }
      }
    }
    int best = 10;
    for (int order = 0; order < votes.length; order++) {
      best = votes[order] > votes[best] ? order : best;
    }
    return (long) SECTOR << best;
  }

  /** How many segments the log has, told by where its ids begin again; 0 if they do not. */
  private long segmentCount(int from, int to, long segmentBytes) {
    for (int i = from + 1; i < to; i++) {
      long slots = (hits.offset(i) - hits.offset(i - 1)) / segmentBytes;
      long fall = hits.id(i - 1) + slots - hits.id(i);
      if (hits.id(i) < hits.id(i - 1) && slots > 0 && fall > 0) {
        return fall;
      }
    }
    return 0;
  }

  /** Where most segments say that slot 0 is; where a superblock says so, if any does. */
  private long base(int from, int to, long segmentBytes, long count) {
    long best = Long.MIN_VALUE;
    int votes = 0;
    for (int i = from; i < to && i < from + 1000; i++) {
      long base = slotZero(i, segmentBytes, count);
      int same = 0;
      for (int k = from; k < to && k < from + 1000; k++) {
        same += slotZero(k, segmentBytes, count) == base ? 1 : 0;
      }
      if (same > votes) {
        votes = same;
        best = base;
      }
      if (same * 2 > Math.min(to - from, 1000)) {
        break;
      }
    }
    for (Hits.Superblock superblock : hits.superblocks) {
      long slots = hits.offset(from) - superblock.offset() - LEAD;
      if (superblock.magic() == Hits.Magic.WRITEBOOST
          && slots >= 0
          && slots % segmentBytes == 0
          && !superblockBetween(superblock.offset() + LEAD, hits.offset(from))) {
        best = superblock.offset() + LEAD;
      }
    }
    return best;
  }

  private long slotZero(int segment, long segmentBytes, long count) {
    long slot = count > 0 ? (hits.id(segment) - 1) % count : hits.id(segment) - 1;
    return hits.offset(segment) - slot * segmentBytes;
  }

  // ---- tables and logs of their own ----

  private void addTables() {
    List<Hits.Run> longest =
        hits.entries.stream()
            .filter(run -> run.count() >= USED_SECTORS)
            .filter(run -> run.end() - run.offset() >= TABLE_SECTORS * SECTOR)
            .sorted(Comparator.comparingLong(run -> -run.count()))
            .limit(MOST_TABLES)
            .toList();
    for (Hits.Run run : longest) {
      boolean inside =
          found.stream()
              .anyMatch(
                  c ->
                      c.kind().equals("writecache")
                          && run.offset() >= c.offset()
                          && run.offset() - c.offset() < Math.max(c.size(), 1));
      if (!inside && !known(run.offset())) {
        found.add(
            new Candidate(
                "entries",
                "writecache",
                run.offset(),
                -1,
                false,
                List.of(
                    "%d sectors full of what can be entries of a writecache, commits up to %d"
                        .formatted(run.count(), run.highest()),
                    "no superblock stands before them, which is the first 64 bytes of a table"),
                options(run.offset(), -1, "writecache")));
      }
    }
  }

  private void addPlogs() {
    for (Hits.Run run : hits.plogs) {
      found.add(
          new Candidate(
              "plog",
              "writeboost-2014",
              run.offset(),
              -1,
              true,
              List.of(
                  "%d logged writes of segments %d to %d are proved by their checksums"
                      .formatted(run.count(), run.lowest(), run.highest())),
              List.of("--plog-offset", String.valueOf(run.offset()))));
    }
  }
}
