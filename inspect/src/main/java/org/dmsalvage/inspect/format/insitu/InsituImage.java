package org.dmsalvage.inspect.format.insitu;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.codec.Codec;
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
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.sanitize.Sanitized;
import org.jspecify.annotations.Nullable;

/** An image opened as an insitu-comp device. */
public final class InsituImage implements CacheImage {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  /** Compressed extents that are tried to find out which compressor made them. */
  private static final int TRIALS = 32;

  private static final Listing EXTENTS =
      new Listing(
          "extents",
          List.of(
              new Column("offset", Unit.BYTES),
              new Column("blocks", Unit.COUNT),
              new Column("state", Unit.TEXT),
              new Column("kind", Unit.TEXT),
              new Column("payloadOffset", Unit.BYTES),
              new Column("payloadSectors", Unit.SECTORS),
              new Column("compressedBytes", Unit.BYTES),
              new Column("foundBlocks", Unit.COUNT)),
          ExtentState.words());

  private final BlockSource source;
  private final InsituLayout layout;
  private final InsituGeometry geometry;
  private @Nullable Codec codec;

  InsituImage(OpenRequest request) {
    this.source = request.cache();
    this.layout = InsituLayout.find(source);
    this.geometry = layout.geometry();
  }

  @Override
  public String format() {
    return InsituFormat.NAME;
  }

  @Override
  public String variant() {
    return describeAlgorithm(layout.superblock().algorithm());
  }

  static String describeAlgorithm(int algorithm) {
    return switch (algorithm) {
      case 0 -> "lzo";
      case 1 -> "deflate";
      default -> "unknown algorithm " + algorithm;
    };
  }

  @Override
  public BlockSource source() {
    return source;
  }

  /** {@return superblock and sizes} */
  public InsituLayout layout() {
    return layout;
  }

  @Override
  public Facts geometry() {
    return Facts.builder()
        .count("dataBlocks", geometry.dataBlocks())
        .count("metaBlocks", geometry.metaBlocks())
        .sectors("dataStartSector", geometry.dataOffset(0) / SECTOR)
        .text("algorithm", variant())
        .bytes("logicalBytes", geometry.logicalBytes())
        .bytes("deviceBytes", geometry.totalBytes())
        .flag("fitsSize", layout.agrees())
        .build();
  }

  /**
   * Finds the compressor that made the payloads: the superblock's, unless its number is none or
   * none of the first payloads proves itself with it and one does with the other.
   */
  public synchronized Codec codec(Progress progress) {
    if (codec == null) {
      codec = findCodec(progress);
    }
    return codec;
  }

  private Codec findCodec(Progress progress) {
    Codec first = layout.superblock().codec().orElse(Codec.LZO);
    Codec second = first == Codec.LZO ? Codec.DEFLATE : Codec.LZO;
    try (ExtentProver prover = new ExtentProver(source, geometry, first);
        ExtentProver other = new ExtentProver(source, geometry, second)) {
      MetaWindow window = MetaWindow.large(source, geometry);
      ExtentCursor cursor = new ExtentCursor(window, 0, geometry.dataBlocks());
      int tried = 0;
      int others = 0;
      while (tried < TRIALS && cursor.next()) {
        progress.checkCancelled("looking for the compressor");
        if (cursor.kind() == ExtentCursor.Kind.EXTENT
            && !cursor.stored()
            && cursor.regular()
            && cursor.sectors() > 0) {
          tried++;
          if (proves(prover, cursor)) {
            return first;
          }
          others += proves(other, cursor) ? 1 : 0;
        }
      }
      return others > 0 ? second : first;
    }
  }

  private static boolean proves(ExtentProver prover, ExtentCursor cursor) {
    ExtentState state = prover.prove(cursor.first(), cursor.blocks(), cursor.sectors());
    return state == ExtentState.OK || state == ExtentState.STALE;
  }

  @Override
  public Facts examine(Depth depth, Findings findings, Progress progress) {
    return new InsituCheck(this, findings, progress).examine(depth);
  }

  @Override
  public Structures structures() {
    long data = Math.min(layout.geometry().dataOffset(0), source.size());
    return Structures.in(List.of(new ByteRange(0, data)), true);
  }

  @Override
  public Sanitized sanitized(OpenRequest request, RandomGenerator random, Progress progress) {
    return new Sanitized(new MovedRuns(request.cache(), geometry, random), request.plog());
  }

  @Override
  public List<Listing> listings() {
    return List.of(EXTENTS);
  }

  @Override
  public void list(String listing, RowFilter filter, RowSink rows, Progress progress) {
    if (!listing.equals(EXTENTS.name())) {
      throw new UsageException("an insitu device has no list " + listing + ", only extents");
    }
    for (String state : filter.states()) {
      if (!EXTENTS.states().contains(state)) {
        throw new UsageException(
            "unknown state " + state + "; known are " + String.join(", ", EXTENTS.states()));
      }
    }
    progress.begin("listing extents", geometry.logicalBytes());
    MetaWindow window = MetaWindow.large(source, geometry);
    ExtentCursor cursor = new ExtentCursor(window, 0, geometry.dataBlocks());
    boolean more = true;
    try (ExtentProver prover = new ExtentProver(source, geometry, codec(progress))) {
      while (more && cursor.next()) {
        progress.checkCancelled("listing extents");
        progress.advance(cursor.blocks() * BLOCK);
        long payload = geometry.dataOffset(cursor.first());
        boolean bytes = filter.wantsImage(payload, Math.max(cursor.sectors() * SECTOR, 1));
        boolean bits = filter.wantsImage(bitsOffset(cursor), bitsLength(cursor));
        if ((bytes || bits)
            && filter.wantsAddress(cursor.first() * BLOCK, cursor.blocks() * BLOCK)) {
          more = row(cursor, prover, filter, rows);
        }
      }
    }
  }

  static long bitsOffset(ExtentCursor cursor) {
    return InsituGeometry.bitmapOffset(cursor.first());
  }

  static long bitsLength(ExtentCursor cursor) {
    long lastBit = (cursor.first() + cursor.blocks()) * InsituGeometry.META_BITS - 1;
    return InsituGeometry.BITMAP_OFFSET + lastBit / 8 + 1 - bitsOffset(cursor);
  }

  private boolean row(ExtentCursor cursor, ExtentProver prover, RowFilter filter, RowSink rows) {
    ExtentState state = state(cursor, prover);
    if (!filter.wantsState(state.toString())) {
      return true;
    }
    boolean extent = cursor.kind() == ExtentCursor.Kind.EXTENT && cursor.sectors() > 0;
    boolean compressed = extent && !cursor.stored();
    return rows.row(
        cursor.first() * BLOCK,
        cursor.blocks(),
        state.toString(),
        extent ? compressed ? "compressed" : "stored" : null,
        extent ? geometry.dataOffset(cursor.first()) : null,
        extent ? cursor.sectors() : null,
        compressed && prover.trailer() >= 0 ? prover.trailer() : null,
        compressed && prover.provenBlocks() > 0 ? (long) prover.provenBlocks() : null);
  }

  /** Judges the item that a cursor stands at. */
  static ExtentState state(ExtentCursor cursor, ExtentProver prover) {
    return switch (cursor.kind()) {
      case UNWRITTEN -> ExtentState.UNWRITTEN;
      case HEADLESS -> ExtentState.HEADLESS;
      case UNKNOWN -> ExtentState.UNKNOWN;
      case EXTENT -> prover.prove(cursor.first(), cursor.blocks(), cursor.sectors());
    };
  }

  @Override
  public List<SectorVersion> versions(long sector, Progress progress) {
    long block = sector / InsituGeometry.BLOCK_SECTORS;
    if (sector < 0 || block >= geometry.dataBlocks()) {
      return List.of();
    }
    progress.begin("reading extents", -1);
    List<SectorVersion> versions = new ArrayList<>();
    MetaWindow window = MetaWindow.small(source, geometry);
    long border = block / InsituGeometry.MAX_EXTENT_BLOCKS * InsituGeometry.MAX_EXTENT_BLOCKS;
    try (ExtentProver prover = new ExtentProver(source, geometry, codec(progress))) {
      ExtentCursor cursor = ExtentCursor.at(window, block);
      for (long start = border; start <= block; start++) {
        if (start != cursor.first()
            && prover.proveAt(start)
            && block < start + prover.provenBlocks()) {
          versions.add(
              version(
                  start,
                  prover.provenBlocks(),
                  prover.provenSectors(),
                  "payload at block %d that the bitmap does not describe".formatted(start),
                  "unreferenced"));
        }
      }
      ExtentState state = state(cursor, prover);
      if (state != ExtentState.UNWRITTEN) {
        versions.add(version(sector, cursor, state));
      }
    }
    return versions;
  }

  private SectorVersion version(long sector, ExtentCursor cursor, ExtentState state) {
    String place = "extent of %d blocks at block %d".formatted(cursor.blocks(), cursor.first());
    SectorVersion version =
        version(cursor.first(), cursor.blocks(), cursor.sectors(), place, state.toString());
    if (!cursor.stored()) {
      return version;
    }
    long offset = geometry.dataOffset(0) + sector * SECTOR;
    return new SectorVersion(
        version.image(), offset, 0, place + ", stored", version.state(), version.details());
  }

  private SectorVersion version(long first, long blocks, long sectors, String place, String state) {
    return new SectorVersion(
        source.name(),
        geometry.dataOffset(first),
        0,
        place,
        state,
        Facts.builder()
            .count("firstBlock", first)
            .count("blocks", blocks)
            .sectors("payloadSectors", sectors)
            .build());
  }
}
