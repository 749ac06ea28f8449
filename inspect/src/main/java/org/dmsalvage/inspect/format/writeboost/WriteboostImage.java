package org.dmsalvage.inspect.format.writeboost;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.format.Structures;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.TruncatedSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.sanitize.NewAddresses;
import org.dmsalvage.inspect.sanitize.RewrittenSource;
import org.dmsalvage.inspect.sanitize.Sanitized;
import org.jspecify.annotations.Nullable;

/** A cache device of any version of writeboost, with its plog device if it has one. */
public final class WriteboostImage implements CacheImage {

  /** What the driver of 2014 takes if it is not told. */
  private static final int DEFAULT_ORDER = 10;

  private final OpenRequest request;
  private final WriteboostReading reading;

  private WriteboostImage(OpenRequest request, WriteboostReading reading) {
    this.request = request;
    this.reading = reading;
  }

  /**
   * Opens an image; anything can be opened, and what makes no sense becomes a finding.
   *
   * @throws UsageException if the table line is for another target, or a plog device is given for a
   *     version that has none
   */
  public static WriteboostImage open(OpenRequest request) {
    DmTable table = request.table();
    if (table != null && !table.target().equals(WriteboostFormat.TARGET)) {
      throw new UsageException(
          "the table line is for target %s, the cache is one of %s"
              .formatted(table.target(), WriteboostFormat.TARGET));
    }
    WriteboostReading reading = WriteboostReading.of(request.cache(), request.format());
    if (request.plog() != null && !reading.format().equals(WriteboostReading.FORMAT_2014)) {
      throw new UsageException(
          "%s has no plog device; %s is of no use"
              .formatted(reading.format(), request.plog().name()));
    }
    long bytes = reading.geometry().deviceBytes();
    return new WriteboostImage(
        reading.resized() && bytes > request.cache().size()
            ? request.withCache(new TruncatedSource(request.cache(), bytes))
            : request,
        reading);
  }

  /** {@return as what the image is read} */
  public WriteboostReading reading() {
    return reading;
  }

  /**
   * {@return the request that the image was opened with; a cache that was cut off is as long as its
   * log was, and cannot be read behind its end}
   */
  public OpenRequest request() {
    return request;
  }

  /** {@return nr_rambuf_pool as the user or the table says; empty if neither does} */
  public OptionalInt rambufPool() {
    if (request.rambufPool().isPresent()) {
      return request.rambufPool();
    }
    return tableOption("nr_rambuf_pool");
  }

  /** {@return whether the table says type 0, which makes the driver ignore a plog device} */
  public boolean tableIgnoresPlog() {
    DmTable table = request.table();
    return table != null
        && reading.format().equals(WriteboostReading.FORMAT_2014)
        && !table.arguments().isEmpty()
        && table.arguments().getFirst().equals("0");
  }

  /**
   * {@return segment_size_order as the table line gives it to the driver, 10 where a line of 2014
   * does not name one; empty if there is no line or no choice}
   */
  OptionalInt tableOrder() {
    DmTable table = request.table();
    if (table == null) {
      return OptionalInt.empty();
    }
    return switch (reading.format()) {
      case WriteboostReading.FORMAT_2013 ->
          table.arguments().size() > 2 && table.arguments().get(2).matches("[0-9]{1,2}")
              ? OptionalInt.of(Integer.parseInt(table.arguments().get(2)))
              : OptionalInt.empty();
      case WriteboostReading.FORMAT_2014 ->
          OptionalInt.of(tableOption("segment_size_order").orElse(DEFAULT_ORDER));
      default -> OptionalInt.empty();
    };
  }

  private OptionalInt tableOption(String key) {
    DmTable table = request.table();
    List<String> words = table == null ? List.of() : table.arguments();
    for (int i = 0; i + 1 < words.size(); i++) {
      if (words.get(i).toLowerCase(Locale.ROOT).equals(key)) {
        try {
          int value = Integer.parseInt(words.get(i + 1));
          return value > 0 ? OptionalInt.of(value) : OptionalInt.empty();
        } catch (NumberFormatException _) {
          throw new UsageException("table line: %s must be a number".formatted(key));
        }
      }
    }
    return OptionalInt.empty();
  }

  /** {@return the size of the backing device in sectors as far as it is known} */
  Optional<Long> backingSectors() {
    BlockSource backing = request.backing();
    if (backing != null) {
      return Optional.of(backing.size() / BlockSource.SECTOR_BYTES);
    }
    DmTable table = request.table();
    return table == null ? Optional.empty() : Optional.of(table.sectors());
  }

  @Override
  public String format() {
    return reading.format();
  }

  @Override
  public String variant() {
    String plog = request.plog() == null ? "" : ", type 1 (plog)";
    return reading.convention().label() + plog;
  }

  @Override
  public BlockSource source() {
    return request.cache();
  }

  @Override
  public Facts geometry() {
    WriteboostGeometry geometry = reading.geometry();
    Facts.Builder facts =
        Facts.builder()
            .count("segmentSizeOrder", (long) geometry.order())
            .count("segmentCount", geometry.segmentCount())
            .count("blocksPerSegment", (long) geometry.blocksPerSegment())
            .bytes("segmentBytes", (long) geometry.segmentBytes());
    if (geometry.wrapMatters()) {
      facts.flag("farSegmentsWrap", geometry.wraps());
    }
    BlockSource plog = request.plog();
    if (plog != null) {
      PlogGeometry ring = new PlogGeometry(plog.size() / 512, geometry.blocksPerSegment());
      facts
          .bytes("plogSegmentBytes", (long) ring.segmentBytes())
          .count("plogSegmentsThatFit", ring.capacity());
    }
    return facts.build();
  }

  /** Reads the headers, and verifies the segments if wanted. */
  SegmentTable scan(Depth depth, Findings findings, Progress progress) {
    return SegmentTable.scan(
        request.cache(), reading.geometry(), reading.convention(), depth, findings, progress);
  }

  /** Reads the plog device; null if there is none. */
  @Nullable PlogScan scanPlogs(Findings findings, Progress progress) {
    BlockSource plog = request.plog();
    return plog == null
        ? null
        : PlogScan.scan(
            plog, reading.geometry().blocksPerSegment(), rambufPool(), findings, progress);
  }

  @Override
  public Facts examine(Depth depth, Findings findings, Progress progress) {
    return new WriteboostCheck(this, depth, findings, progress).run();
  }

  @Override
  public Structures structures() {
    WriteboostGeometry geometry = reading.geometry();
    long end = WriteboostGeometry.SUPERBLOCK_SECTORS * BlockSource.SECTOR_BYTES;
    int block = WriteboostGeometry.BLOCK_BYTES;
    List<ByteRange> superblock =
        List.of(new ByteRange(0, block), new ByteRange(end - block, block));
    long first = HeaderRewriter.firstSegment(geometry);
    return new Structures(superblock, first, geometry.segmentBytes(), block, false);
  }

  @Override
  public Structures logStructures(Progress progress) {
    return Structures.in(
        plogs(progress).stream()
            .map(plog -> new ByteRange(plog.offset(), BlockSource.SECTOR_BYTES))
            .toList(),
        false);
  }

  /** All plogs, in the order on the log device. */
  private List<Plog> plogs(Progress progress) {
    PlogScan scan = scanPlogs(new Findings(), progress);
    return scan == null
        ? List.of()
        : scan.segments().stream().flatMap(segment -> segment.plogs().stream()).toList();
  }

  @Override
  public Sanitized sanitized(OpenRequest original, RandomGenerator random, Progress progress) {
    NewAddresses.Builder builder = new NewAddresses.Builder(original.cache().name());
    HeaderRewriter headers = new HeaderRewriter(original.cache(), reading);
    headers.collect(builder, progress);
    List<Plog> plogs = plogs(progress);
    plogs.forEach(plog -> builder.add(plog.meta().sector()));
    NewAddresses addresses = builder.build(random);
    headers.use(addresses);
    BlockSource log = original.plog();
    long[] heads = plogs.stream().mapToLong(Plog::offset).toArray();
    return new Sanitized(
        new RewrittenSource(original.cache(), headers),
        log == null ? null : new RewrittenSource(log, new PlogRewriter(heads, addresses)));
  }

  @Override
  public List<Listing> listings() {
    return request.plog() == null
        ? List.of(
            WriteboostListings.SEGMENTS,
            WriteboostListings.METABLOCKS,
            WriteboostListings.CANDIDATES)
        : List.of(
            WriteboostListings.SEGMENTS,
            WriteboostListings.METABLOCKS,
            WriteboostListings.CANDIDATES,
            WriteboostListings.PLOGS);
  }

  @Override
  public void list(String listing, RowFilter filter, RowSink rows, Progress progress) {
    new WriteboostListings(this, filter, rows, progress).list(listing);
  }

  @Override
  public List<SectorVersion> versions(long sector, Progress progress) {
    return new SectorHistory(this, sector, progress).find();
  }
}
