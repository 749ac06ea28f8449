package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.CacheFormat;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.Detection.Confidence;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.StartSearch.Start;
import org.dmsalvage.inspect.io.BlockSource;

/** Recognises and opens writecache images. */
public final class WritecacheFormat implements CacheFormat {

  /** Name of the family and of its only format. */
  public static final String NAME = "writecache";

  /** Greatest offset, as a power of two sectors, at which a shifted superblock is looked for. */
  private static final int MAX_SHIFT = 24;

  @Override
  public String family() {
    return NAME;
  }

  @Override
  public List<String> formats() {
    return List.of(NAME);
  }

  @Override
  public List<? extends FindingCode> findingCodes() {
    return List.of(WritecacheCode.values());
  }

  @Override
  public Optional<Detection> detect(BlockSource source) {
    if (source.size() < Superblock.BYTES + Entry.BYTES) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.allocate(Superblock.BYTES);
    if (!source.readAround(0, bytes).isEmpty()) {
      return byTable(source, List.of("the superblock at offset 0 cannot be read"));
    }
    Superblock sb = Superblock.decode(bytes, 0);
    List<String> evidence = new ArrayList<>();
    boolean magic = sb.magic() == Superblock.MAGIC;
    boolean version = sb.version() == Superblock.VERSION;
    boolean blockSize = WritecacheGeometry.validBlockSize(sb.blockSize());
    boolean fits =
        blockSize
            && sb.blockCount() != 0
            && WritecacheGeometry.fits(sb.blockCount(), source.size(), sb.blockSize());
    evidence.add(
        "magic 0x%08x at offset 0 is %s"
            .formatted(sb.magic(), magic ? "that of dm-writecache" : "not 0x23489321"));
    evidence.add(
        "version %s at offset 4 is %s"
            .formatted(Integer.toUnsignedString(sb.version()), version ? "right" : "not 1"));
    evidence.add(
        "block size %s at offset 8 is %s"
            .formatted(
                Integer.toUnsignedString(sb.blockSize()), blockSize ? "possible" : "impossible"));
    if (blockSize) {
      evidence.add(
          "%s blocks at offset 16 %s the image of %d bytes, which has room for %s"
              .formatted(
                  Long.toUnsignedString(sb.blockCount()),
                  fits ? "fit" : "do not fit",
                  source.size(),
                  describe(WritecacheGeometry.blocksThatFit(source.size(), sb.blockSize()))));
    }
    if (magic) {
      return found(version && fits ? Confidence.CERTAIN : Confidence.LIKELY, evidence);
    }
    if (fits) {
      return found(version ? Confidence.LIKELY : Confidence.POSSIBLE, evidence);
    }
    return byTable(source, evidence);
  }

  private static Optional<Detection> byTable(BlockSource source, List<String> evidence) {
    List<String> all = new ArrayList<>(evidence);
    OptionalLong shifted = shiftedSuperblock(source);
    if (shifted.isPresent()) {
      all.add(
          "a superblock stands at offset %d (0x%x); use --offset %d"
              .formatted(shifted.getAsLong(), shifted.getAsLong(), shifted.getAsLong()));
      return found(Confidence.POSSIBLE, all);
    }
    return TableShape.find(source, 0, 0)
        .filter(shape -> shape.used() > 0)
        .flatMap(
            shape -> {
              all.add(
                  "%d of %d sampled values behind offset 64 look like entries of %d-byte blocks"
                      .formatted(
                          shape.entries(),
                          shape.entries() + shape.others(),
                          shape.geometry().blockSize()));
              return found(Confidence.POSSIBLE, all);
            });
  }

  private static Optional<Detection> found(Confidence confidence, List<String> evidence) {
    return Optional.of(new Detection(NAME, confidence, evidence));
  }

  private static String describe(OptionalLong blocks) {
    return blocks.isPresent() ? Long.toString(blocks.getAsLong()) : "none";
  }

  /** Looks where start_sector is likely to have put the superblock: at powers of two sectors. */
  private static OptionalLong shiftedSuperblock(BlockSource source) {
    for (int shift = 0; shift <= MAX_SHIFT; shift++) {
      long offset = (long) BlockSource.SECTOR_BYTES << shift;
      if (WritecacheLayout.magicAt(source, offset)) {
        return OptionalLong.of(offset);
      }
    }
    return OptionalLong.empty();
  }

  @Override
  public Optional<String> formatOf(DmTable table) {
    return table.target().equals(NAME) ? Optional.of(NAME) : Optional.empty();
  }

  @Override
  public CacheImage open(OpenRequest request) {
    try {
      WritecacheImage image = new WritecacheImage(request);
      if (!image.layout().trusted() && request.table() == null) {
        refuse(request.cache(), shiftedStart(request.cache()));
      }
      return image;
    } catch (UnsupportedImageException e) {
      refuse(request.cache(), shiftedStart(request.cache()));
      if (request.table() == null) {
        refuse(request.cache(), StartSearch.find(request.cache()));
      }
      throw e;
    }
  }

  /**
   * Looks for a cache that does not begin at the start of the image, and of which nobody knows
   * where it does.
   *
   * @return a table line with the start_sector at which it begins; empty if there is none, or the
   *     user gave a table line, or a cache begins at the start of the image
   */
  public static Optional<DmTable> searchedTable(OpenRequest request) {
    BlockSource cache = request.cache();
    if (request.table() != null) {
      return Optional.empty();
    }
    Optional<Start> start = shiftedStart(cache);
    try {
      if (new WritecacheImage(request).layout().trusted()) {
        return Optional.empty();
      }
    } catch (UnsupportedImageException _) {
      start = start.or(() -> StartSearch.find(cache));
    }
    return start.flatMap(found -> table(cache, found.offset()));
  }

  private static Optional<DmTable> table(BlockSource cache, long offset) {
    WritecacheTable shape =
        new WritecacheTable(WritecacheTable.Mode.SSD, 0, offset / BlockSource.SECTOR_BYTES);
    try {
      int blockSize = WritecacheLayout.find(cache, shape).geometry().blockSize();
      return Optional.of(
          new DmTable(
              0,
              Long.MAX_VALUE / BlockSource.SECTOR_BYTES,
              NAME,
              List.of(
                  "s",
                  "ORIGIN",
                  "CACHE",
                  Integer.toString(blockSize),
                  "2",
                  "start_sector",
                  Long.toString(shape.startSector()))));
    } catch (UnsupportedImageException _) {
      return Optional.empty();
    }
  }

  private static Optional<Start> shiftedStart(BlockSource source) {
    OptionalLong shifted = shiftedSuperblock(source);
    return shifted.isPresent()
        ? Optional.of(new Start(shifted.getAsLong(), true))
        : Optional.empty();
  }

  private static void refuse(BlockSource source, Optional<Start> elsewhere) {
    if (elsewhere.isPresent()) {
      long offset = elsewhere.get().offset();
      throw new UnsupportedImageException(
          source.name(),
          "no superblock at offset 0, but %s at %d (0x%x): use --offset %d, or --table with start_sector %d"
              .formatted(
                  elsewhere.get().superblock() ? "one stands" : "an entry table without one begins",
                  offset,
                  offset,
                  offset,
                  offset / BlockSource.SECTOR_BYTES));
    }
  }
}
