package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.CacheFormat;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.Detection.Confidence;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/** Recognises and opens insitu-comp devices. */
public final class InsituFormat implements CacheFormat {

  /** Name of the family and of its only format. */
  public static final String NAME = "insitu";

  /** Name of the device-mapper target. */
  private static final String TARGET = "insitu_comp";

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
    return List.of(InsituCode.values());
  }

  @Override
  public Optional<Detection> detect(BlockSource source) {
    ByteBuffer bytes = ByteBuffer.allocate(Superblock.BYTES);
    if (source.size() < Superblock.BYTES || !source.readAround(0, bytes).isEmpty()) {
      return Optional.empty();
    }
    Superblock superblock = Superblock.decode(bytes, 0);
    Optional<InsituGeometry> bySize = InsituGeometry.ofDevice(source.size());
    int wrongBits = Long.bitCount(superblock.magic() ^ Superblock.MAGIC);
    boolean version = superblock.version() == Superblock.VERSION;
    boolean fits = bySize.map(superblock::describes).orElse(false);
    boolean counts = fits || InsituGeometry.ofCounts(superblock).isPresent();
    boolean algorithm = superblock.codec().isPresent();

    List<String> evidence = new ArrayList<>();
    evidence.add(
        "magic 0x%016x at offset 0 is %s"
            .formatted(
                superblock.magic(),
                wrongBits == 0
                    ? "that of dm-insitu-comp"
                    : "not 0x%016x, %d bits differ".formatted(Superblock.MAGIC, wrongBits)));
    evidence.add(
        "version %s at offset %d is %s"
            .formatted(
                Long.toUnsignedString(superblock.version()),
                Superblock.AT_VERSION,
                version ? "right" : "not 1"));
    evidence.add(
        "%s blocks of bitmap and %s of data at offset %d %s"
            .formatted(
                Long.toUnsignedString(superblock.metaBlocks()),
                Long.toUnsignedString(superblock.dataBlocks()),
                Superblock.AT_META_BLOCKS,
                fits
                    ? "are right for %d bytes".formatted(source.size())
                    : counts
                        ? "are right for a device of another size than %d bytes"
                            .formatted(source.size())
                        : "are right for no device"));
    evidence.add(
        "compressor %d at offset %d is %s"
            .formatted(
                superblock.algorithm(),
                Superblock.AT_ALGORITHM,
                algorithm ? InsituImage.describeAlgorithm(superblock.algorithm()) : "none"));
    if (wrongBits == 0) {
      boolean all = version && fits && algorithm;
      return Optional.of(
          new Detection(NAME, all ? Confidence.CERTAIN : Confidence.LIKELY, evidence));
    }
    if (fits && superblock.dataBlocks() != 0 && algorithm) {
      return Optional.of(
          new Detection(NAME, version ? Confidence.LIKELY : Confidence.POSSIBLE, evidence));
    }
    return wrongBits == 1 || (wrongBits <= Byte.SIZE && version && counts)
        ? Optional.of(new Detection(NAME, Confidence.POSSIBLE, evidence))
        : Optional.empty();
  }

  /**
   * Checks that a table line is for this target; it says nothing that the device does not.
   *
   * @throws UsageException if it is for another one
   */
  public static void checkTable(@Nullable DmTable table) {
    if (table != null && !table.target().equals(TARGET)) {
      throw new UsageException(
          "the table line is for target %s, the image holds an %s"
              .formatted(table.target(), TARGET));
    }
  }

  @Override
  public CacheImage open(OpenRequest request) {
    checkTable(request.table());
    return new InsituImage(request);
  }
}
