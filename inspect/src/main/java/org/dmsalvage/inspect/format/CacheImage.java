package org.dmsalvage.inspect.format;

import java.util.List;
import java.util.random.RandomGenerator;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.sanitize.Sanitized;

/** An image opened as one format. Opening has read no more than the superblock and geometry. */
public interface CacheImage {

  /** {@return the format, one of {@link CacheFormat#formats()}} */
  String format();

  /** {@return what distinguishes images of one format: type, checksum convention, mode, version} */
  String variant();

  /** {@return the image itself} */
  BlockSource source();

  /** {@return the sizes and counts that follow from the superblock and the device's size} */
  Facts geometry();

  /**
   * Examines the image.
   *
   * @param depth how much is read
   * @param findings receives what is found
   * @param progress told about bytes read
   * @return the counts; values that need more than was read are null
   */
  Facts examine(Depth depth, Findings findings, Progress progress);

  /** {@return where the image has structures of the format, and not what users stored} */
  Structures structures();

  /**
   * {@return where the log device that belongs to the image has structures}
   *
   * @param progress told about bytes read
   */
  default Structures logStructures(Progress progress) {
    return Structures.in(List.of(), false);
  }

  /**
   * Shows the cache, and its log device, with other addresses instead of those that it holds; what
   * was whole stays whole, what was torn stays torn. Bytes without a meaning that stand between
   * fields are cleared. Structures stay where they are.
   *
   * @param request that the image was opened with
   * @param random decides which addresses they are
   * @param progress told about bytes read
   */
  Sanitized sanitized(OpenRequest request, RandomGenerator random, Progress progress);

  /** {@return the lists that this image offers} */
  List<Listing> listings();

  /**
   * Lists structures.
   *
   * @param listing name of one of {@link #listings()}
   * @param filter what to show
   * @param rows receives the rows in the order on the medium
   * @param progress told about bytes read
   * @throws UsageException if there is no such list or the filter names an unknown state
   */
  void list(String listing, RowFilter filter, RowSink rows, Progress progress);

  /**
   * Finds every copy of one sector of the logical device that the medium still holds, oldest first
   * as far as an order is known.
   *
   * @param sector address on the logical device, in sectors
   * @param progress told about bytes read
   * @return the copies; empty if the cache never held the sector
   */
  List<SectorVersion> versions(long sector, Progress progress);

  /** How much of an image is read. */
  enum Depth {
    /** Superblock and headers or entry table only. */
    HEADERS,
    /** Everything: checksums are computed and payloads decompressed. */
    VERIFY
  }
}
