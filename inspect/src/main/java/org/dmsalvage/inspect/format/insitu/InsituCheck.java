package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Supplier;
import org.dmsalvage.inspect.check.CommonCode;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/** Examines an insitu-comp device: the bitmap as a whole, then, if asked for, every payload. */
final class InsituCheck {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  /** Blocks whose extents are proved as one task. */
  private static final int TASK_BLOCKS = 8192;

  /** Bytes of the bitmap that are looked at to tell whether it was ever cleared. */
  private static final int PATTERN_BYTES = 4096;

  private static final int MIN_PATTERN_BYTES = 16;

  private final InsituImage image;
  private final InsituLayout layout;
  private final InsituGeometry geometry;
  private final BlockSource source;
  private final Findings findings;
  private final Progress progress;

  InsituCheck(InsituImage image, Findings findings, Progress progress) {
    this.image = image;
    this.layout = image.layout();
    this.geometry = layout.geometry();
    this.source = image.source();
    this.findings = findings;
    this.progress = progress;
  }

  Facts examine(Depth depth) {
    superblock();
    Bitmap bitmap = new Bitmap();
    bitmap.scan();
    bitsBehindEnd();
    Facts.Builder facts =
        Facts.builder()
            .count("extents", bitmap.extents)
            .count("compressedExtents", bitmap.compressed)
            .bytes("storedBytes", bitmap.payloadSectors * SECTOR)
            .bytes("logicalBytes", bitmap.extentBlocks * BLOCK)
            .count("unwrittenBlocks", bitmap.unwritten)
            .count("headlessBlocks", bitmap.headless)
            .count("unknownBlocks", bitmap.unknown)
            .count("impossibleExtents", bitmap.impossible);
    Payloads payloads = new Payloads();
    if (depth == Depth.VERIFY) {
      payloads.prove();
    }
    payloads.facts(facts, depth == Depth.VERIFY);
    return facts.build();
  }

  private void find(InsituCode code, long offset, long length, Supplier<String> message) {
    findings.add(code, source.name(), offset, length, message);
  }

  private static String blocks(long first, long count) {
    return count == 1
        ? "block %d (logical offset 0x%x)".formatted(first, first * BLOCK)
        : "blocks %d to %d (logical offset 0x%x)"
            .formatted(first, first + count - 1, first * BLOCK);
  }

  // Superblock

  private void superblock() {
    Superblock sb = layout.superblock();
    if (!layout.readable()) {
      find(
          InsituCode.SUPERBLOCK_UNREADABLE,
          0,
          Superblock.BYTES,
          () -> "the superblock at offset 0 cannot be read");
      int present = (int) Math.min(SECTOR, source.size());
      findings.addUnreadable(source.name(), source.readAround(0, ByteBuffer.allocate(present)));
    } else {
      if (sb.magic() != Superblock.MAGIC) {
        find(
            InsituCode.MAGIC,
            0,
            8,
            () -> "expected magic 0x%016x, found 0x%016x".formatted(Superblock.MAGIC, sb.magic()));
      }
      if (sb.version() != Superblock.VERSION) {
        find(
            InsituCode.VERSION,
            Superblock.AT_VERSION,
            8,
            () -> "expected version 1, found " + Long.toUnsignedString(sb.version()));
      }
      algorithm(sb);
      counts(sb);
    }
    layout.bySize().ifPresent(this::size);
    if (source.size() < geometry.totalBytes()) {
      findings.add(
          CommonCode.TRUNCATED,
          source.name(),
          source.size(),
          0,
          "the image has %d bytes, superblock, bitmap and data need %d"
              .formatted(source.size(), geometry.totalBytes()));
    }
  }

  private void algorithm(Superblock sb) {
    if (sb.codec().isEmpty()) {
      find(
          InsituCode.ALGORITHM,
          Superblock.AT_ALGORITHM,
          1,
          () -> "expected compressor 0 (lzo) or 1 (deflate), found " + sb.algorithm());
      return;
    }
    int found = Superblock.algorithm(image.codec(progress));
    if (found != sb.algorithm()) {
      find(
          InsituCode.ALGORITHM_MISMATCH,
          Superblock.AT_ALGORITHM,
          1,
          () ->
              "expected compressor %d (%s), whose payloads prove themselves, found %d (%s)"
                  .formatted(
                      found,
                      InsituImage.describeAlgorithm(found),
                      sb.algorithm(),
                      InsituImage.describeAlgorithm(sb.algorithm())));
    }
  }

  private void counts(Superblock sb) {
    if (!layout.agrees()) {
      find(
          InsituCode.GEOMETRY,
          Superblock.AT_META_BLOCKS,
          16,
          () ->
              "expected %s for %d bytes, found %s blocks of bitmap and %s of data"
                  .formatted(
                      layout
                          .bySize()
                          .map(
                              g ->
                                  "%d blocks of bitmap and %d of data"
                                      .formatted(g.metaBlocks(), g.storedDataBlocks()))
                          .orElse("a larger device"),
                      source.size(),
                      Long.toUnsignedString(sb.metaBlocks()),
                      Long.toUnsignedString(sb.dataBlocks())));
    }
  }

  private void size(InsituGeometry bySize) {
    String unusable = bySize.unusable(source.size()).orElse("");
    if (!unusable.isEmpty()) {
      find(InsituCode.SIZE_UNUSABLE, 0, 0, () -> unusable);
    } else if (bySize.wrapped()) {
      find(
          InsituCode.SIZE_WRAPPED,
          Superblock.AT_DATA_BLOCKS,
          8,
          () ->
              "for %d bytes the driver counts %d blocks of data, there are %d"
                  .formatted(source.size(), bySize.storedDataBlocks(), bySize.dataBlocks()));
    }
  }

  // Bitmap

  /** Reads the bitmap from its first bit to its last. */
  private final class Bitmap {
    private long extents;
    private long compressed;
    private long payloadSectors;
    private long extentBlocks;
    private long unwritten;
    private long headless;
    private long unknown;
    private long impossible;

    void scan() {
      progress.begin("reading the bitmap", geometry.bitmapBytes());
      MetaWindow window = MetaWindow.large(source, geometry);
      ExtentCursor cursor = new ExtentCursor(window, 0, geometry.dataBlocks());
      long told = 0;
      while (cursor.next()) {
        switch (cursor.kind()) {
          case UNWRITTEN -> unwritten += cursor.blocks();
          case HEADLESS -> headless(cursor);
          case UNKNOWN -> unknown(cursor);
          case EXTENT -> extent(cursor);
        }
        long done = InsituGeometry.bitmapOffset(cursor.first()) - InsituGeometry.BITMAP_OFFSET;
        if (done - told >= 1 << 20) {
          progress.checkCancelled("reading the bitmap");
          progress.advance(done - told);
          told = done;
        }
      }
      progress.advance(geometry.bitmapBytes() - told);
      findings.addUnreadable(source.name(), window.takeUnreadable());
      neverCleared();
    }

    private void structure(InsituCode code, ExtentCursor cursor, Supplier<String> message) {
      find(code, InsituImage.bitsOffset(cursor), InsituImage.bitsLength(cursor), message);
    }

    private void headless(ExtentCursor cursor) {
      headless += cursor.blocks();
      structure(
          InsituCode.TAIL_WITHOUT_HEAD,
          cursor,
          () ->
              "%s continue an extent, but %s; %d payload sectors"
                  .formatted(
                      blocks(cursor.first(), cursor.blocks()),
                      cursor.first() == 0
                          ? "there is nothing before block 0"
                          : "the bits before cannot be read",
                      cursor.sectors()));
    }

    private void unknown(ExtentCursor cursor) {
      unknown += cursor.blocks();
      structure(
          InsituCode.BITMAP_UNREADABLE,
          cursor,
          () -> "the bits of %s cannot be read".formatted(blocks(cursor.first(), cursor.blocks())));
    }

    private void extent(ExtentCursor cursor) {
      long sectors = cursor.sectors();
      long count = cursor.blocks();
      if (sectors == 0) {
        unwritten += count;
        structure(
            InsituCode.EMPTY_EXTENT,
            cursor,
            () -> "%s have tails and no payload".formatted(blocks(cursor.first(), count)));
        return;
      }
      extents++;
      compressed += cursor.stored() ? 0 : 1;
      payloadSectors += sectors;
      extentBlocks += count;
      boolean possible = cursor.regular();
      if (count >= InsituGeometry.COUNT_LIMIT) {
        structure(
            InsituCode.ENDLESS,
            cursor,
            () ->
                "%s are one extent of %d blocks; the driver can count %d"
                    .formatted(
                        blocks(cursor.first(), count), count, InsituGeometry.COUNT_LIMIT - 1));
      } else if (count > InsituGeometry.MAX_EXTENT_BLOCKS) {
        structure(
            InsituCode.TOO_LONG,
            cursor,
            () ->
                "%s are one extent of %d blocks, at most %d are possible"
                    .formatted(
                        blocks(cursor.first(), count), count, InsituGeometry.MAX_EXTENT_BLOCKS));
      } else if (!possible) {
        long border = cursor.first() + InsituGeometry.blocksToBorder(cursor.first());
        structure(
            InsituCode.CROSSES,
            cursor,
            () ->
                "%s are one extent across the border at block %d (0x%x)"
                    .formatted(blocks(cursor.first(), count), border, border * BLOCK));
      }
      if (cursor.maxNibble() > InsituGeometry.BLOCK_SECTORS) {
        possible = false;
        structure(
            InsituCode.NIBBLE,
            cursor,
            () ->
                "%s: a block with %d payload sectors, at most %d are possible"
                    .formatted(
                        blocks(cursor.first(), count),
                        cursor.maxNibble(),
                        InsituGeometry.BLOCK_SECTORS));
      } else if (!cursor.spread()) {
        possible = false;
        structure(
            InsituCode.PAYLOAD_SPREAD,
            cursor,
            () ->
                "%s: %d payload sectors that do not fill the blocks from the head on"
                    .formatted(blocks(cursor.first(), count), sectors));
      }
      if (sectors > count * InsituGeometry.BLOCK_SECTORS) {
        possible = false;
        structure(
            InsituCode.PAYLOAD_SUM,
            cursor,
            () ->
                "%s: %d payload sectors, there is room for %d"
                    .formatted(
                        blocks(cursor.first(), count),
                        sectors,
                        count * InsituGeometry.BLOCK_SECTORS));
      }
      impossible += possible ? 0 : 1;
    }

    /** Formatting clears the bitmap after the superblock is written, and may not get to it. */
    private void neverCleared() {
      int length = (int) Math.min(PATTERN_BYTES, geometry.bitmapBytes());
      if (source.size() < InsituGeometry.BITMAP_OFFSET + length) {
        return;
      }
      ByteBuffer bytes = ByteBuffer.allocate(length);
      boolean readable = source.readAround(InsituGeometry.BITMAP_OFFSET, bytes).isEmpty();
      byte value = bytes.get(0);
      boolean uniform = length >= MIN_PATTERN_BYTES && value != 0;
      // The last byte may hold bits that mean nothing.
      for (int i = 0; i < length - 1 && uniform; i++) {
        uniform = bytes.get(i) == value;
      }
      boolean mostlyImpossible = impossible >= 8 && impossible > extents / 2;
      boolean pattern = uniform;
      if (readable && (uniform || mostlyImpossible)) {
        find(
            InsituCode.INTERRUPTED_CREATION,
            InsituGeometry.BITMAP_OFFSET,
            geometry.bitmapBytes(),
            () ->
                pattern
                    ? "the bitmap begins with nothing but bytes 0x%02x".formatted(value)
                    : "%d of %d extents are impossible".formatted(impossible, extents));
      }
    }
  }

  private void bitsBehindEnd() {
    long last = geometry.dataBlocks() * InsituGeometry.META_BITS;
    long offset = InsituGeometry.BITMAP_OFFSET + last / 8;
    int length = (int) Math.min(geometry.dataOffset(0) - offset, BLOCK);
    if (offset + length > source.size()) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    findings.addUnreadable(source.name(), source.readAround(offset, bytes));
    bytes.put(0, (byte) (bytes.get(0) & 0xff << last % 8));
    for (int i = 0; i < length; i++) {
      if (bytes.get(i) != 0) {
        int at = i;
        find(
            InsituCode.BITS_BEHIND_END,
            offset + at,
            length - at,
            () ->
                "expected zeros behind the bits of the last block, found 0x%02x"
                    .formatted(bytes.get(at)));
        return;
      }
    }
  }

  // Payloads

  /** An extent that is not right. */
  private record Flaw(
      long first,
      long blocks,
      long sectors,
      ExtentState state,
      boolean storedAsPayload,
      String detail,
      List<ByteRange> unreadable) {}

  /** What the extents of one task showed. */
  private static final class Batch {
    private final Map<ExtentState, Long> byState = new EnumMap<>(ExtentState.class);
    private final List<Flaw> flaws = new ArrayList<>();
    private long bytes;
  }

  /** Proves every extent, on all cores. */
  private final class Payloads {
    private final Map<ExtentState, Long> byState = new EnumMap<>(ExtentState.class);

    void prove() {
      long blocks = geometry.dataBlocks();
      Codec codec = image.codec(progress);
      progress.begin("decompressing extents", geometry.logicalBytes());
      MetaWindow window = MetaWindow.large(source, geometry);
      try (ExtentProver again = new ExtentProver(source, geometry, codec)) {
        OrderedTasks.run(
            last -> nextTask(window, last),
            task -> {
              progress.checkCancelled("decompressing extents");
              long from = task * TASK_BLOCKS;
              return batch(from, Math.min(blocks, from + TASK_BLOCKS), codec);
            },
            batch -> {
              progress.advance(batch.bytes);
              batch.byState.forEach((state, count) -> byState.merge(state, count, Long::sum));
              batch.flaws.forEach(flaw -> report(flaw, again));
            });
      }
      long unproven = byState.getOrDefault(ExtentState.UNPROVEN, 0L);
      if (unproven > 0) {
        find(
            InsituCode.STORED_UNPROVEN,
            geometry.dataOffset(0),
            0,
            () -> "%d extents are stored without compression".formatted(unproven));
      }
    }

    /** {@return the next task with anything to prove; -1 if there is none} */
    private long nextTask(MetaWindow window, long last) {
      long from = (last + 1) * TASK_BLOCKS;
      long next = from < window.blocks() ? window.nextExtent(from, window.blocks()) : from;
      return next < window.blocks() ? next / TASK_BLOCKS : -1;
    }

    private Batch batch(long from, long to, Codec codec) {
      Batch batch = new Batch();
      batch.bytes = (to - from) * BLOCK;
      MetaWindow window = MetaWindow.small(source, geometry);
      ExtentCursor cursor = new ExtentCursor(window, from, to);
      try (ExtentProver prover = new ExtentProver(source, geometry, codec)) {
        while (cursor.next()) {
          if (cursor.kind() == ExtentCursor.Kind.EXTENT && cursor.sectors() > 0) {
            extent(cursor, prover, batch);
          }
        }
      }
      return batch;
    }

    private void extent(ExtentCursor cursor, ExtentProver prover, Batch batch) {
      long first = cursor.first();
      ExtentState state = prover.prove(first, cursor.blocks(), cursor.sectors());
      batch.byState.merge(state, 1L, Long::sum);
      long payload = geometry.dataOffset(first);
      List<ByteRange> unreadable =
          state == ExtentState.UNREADABLE
              ? prover.window().unreadable(payload, (int) shown(cursor.sectors()) * SECTOR)
              : List.of();
      boolean storedAsPayload =
          state == ExtentState.UNPROVEN && cursor.regular() && prover.proveAt(first);
      if (storedAsPayload || (state != ExtentState.OK && state != ExtentState.UNPROVEN)) {
        batch.flaws.add(
            new Flaw(
                first,
                cursor.blocks(),
                cursor.sectors(),
                state,
                storedAsPayload,
                prover.detail(),
                unreadable));
      }
    }

    /** Sectors of a payload that are looked at. */
    private static long shown(long sectors) {
      return Math.min(
          sectors, InsituGeometry.MAX_EXTENT_BLOCKS * (long) InsituGeometry.BLOCK_SECTORS);
    }

    private void report(Flaw flaw, ExtentProver again) {
      findings.addUnreadable(source.name(), flaw.unreadable());
      InsituCode code =
          flaw.storedAsPayload() ? InsituCode.STORED_COMPRESSED : InsituCode.of(flaw.state());
      long offset = geometry.dataOffset(flaw.first());
      long length = shown(flaw.sectors()) * SECTOR;
      boolean harmless = code == InsituCode.TRAILER && image.codec(progress) == Codec.DEFLATE;
      Severity severity = harmless ? Severity.WARNING : code.severity();
      String message =
          findings.count(code) < Findings.KEPT_PER_CODE
              ? "%s: %s%s"
                  .formatted(
                      blocks(flaw.first(), flaw.blocks()), flaw.detail(), inside(flaw, again))
              : "";
      findings.add(
          new Finding(code, severity, source.name(), new ByteRange(offset, length), message));
    }

    /** Names the payloads that prove themselves inside a failing extent, behind its head. */
    private String inside(Flaw flaw, ExtentProver prover) {
      long end =
          flaw.first() + Math.min(flaw.blocks(), InsituGeometry.blocksToBorder(flaw.first()));
      StringJoiner others = new StringJoiner(", ", "; payloads that prove themselves inside: ", "");
      others.setEmptyValue("");
      for (long start = flaw.first() + 1; start < end; start++) {
        if (prover.proveAt(start)) {
          others.add("%d blocks at block %d".formatted(prover.provenBlocks(), start));
        }
      }
      return others.toString();
    }

    void facts(Facts.Builder facts, boolean verified) {
      facts
          .count("provenExtents", count(ExtentState.OK, verified))
          .count("unprovenExtents", count(ExtentState.UNPROVEN, verified))
          .count("staleExtents", count(ExtentState.STALE, verified))
          .count("doubtfulExtents", count(ExtentState.DOUBTFUL, verified))
          .count("shortExtents", count(ExtentState.SHORT, verified))
          .count("damagedExtents", count(ExtentState.DAMAGED, verified))
          .count("unreadableExtents", count(ExtentState.UNREADABLE, verified));
    }

    private @Nullable Long count(ExtentState state, boolean verified) {
      return verified ? byState.getOrDefault(state, 0L) : null;
    }
  }
}
