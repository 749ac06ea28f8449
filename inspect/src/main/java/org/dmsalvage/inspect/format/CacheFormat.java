package org.dmsalvage.inspect.format;

import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;

/** A family of on-disk formats that share one package: writeboost, writecache or insitu. */
public interface CacheFormat {

  /** {@return the name of the family} */
  String family();

  /** {@return the formats that {@code --format} accepts, such as {@code writeboost-2014}} */
  List<String> formats();

  /** {@return all codes that this family's findings can have} */
  List<? extends FindingCode> findingCodes();

  /**
   * Looks for the format's marks. Reads little, never fails on damage.
   *
   * @param source the image
   * @return what was recognised and why; empty if nothing points to this family
   */
  Optional<Detection> detect(BlockSource source);

  /**
   * Says which format a table line is for, where the bytes say nothing: a cache that was never
   * written, or is too small to be one.
   *
   * @param table the line
   * @return one of {@link #formats()}; empty if the line is not for this family
   */
  default Optional<String> formatOf(DmTable table) {
    return Optional.empty();
  }

  /**
   * Opens an image as this format.
   *
   * @param request the image and what the user said about it; its format, if named, is one of
   *     {@link #formats()}
   * @return the opened image, which reads through the sources of the request and does not close
   *     them
   * @throws UnsupportedImageException if no reading of the bytes as this format is possible (too
   *     small, impossible geometry)
   * @throws UsageException if the options contradict each other
   */
  CacheImage open(OpenRequest request);
}
