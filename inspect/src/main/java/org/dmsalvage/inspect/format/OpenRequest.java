package org.dmsalvage.inspect.format;

import java.util.OptionalInt;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * An image and what the user said about it.
 *
 * @param cache the cache device or image
 * @param plog the persistent log device of a type 1 writeboost, null if there is none
 * @param backing the backing device, null if it is not at hand
 * @param format the format that the user insists on, null to let the bytes decide
 * @param table the device-mapper table line, null if not given
 * @param rambufPool the driver's nr_rambuf_pool, empty if not given
 */
public record OpenRequest(
    BlockSource cache,
    @Nullable BlockSource plog,
    @Nullable BlockSource backing,
    @Nullable String format,
    @Nullable DmTable table,
    OptionalInt rambufPool) {

  /** A request for an image of which nothing else is known. */
  public static OpenRequest of(BlockSource cache) {
    return new OpenRequest(cache, null, null, null, null, OptionalInt.empty());
  }

  /** {@return the same request for another cache} */
  public OpenRequest withCache(BlockSource other) {
    return new OpenRequest(other, plog, backing, format, table, rambufPool);
  }

  /** {@return the same request with a table line} */
  public OpenRequest withTable(DmTable line) {
    return new OpenRequest(cache, plog, backing, format, line, rambufPool);
  }

  /** {@return the same request with a format chosen} */
  public OpenRequest withFormat(String chosen) {
    return new OpenRequest(cache, plog, backing, chosen, table, rambufPool);
  }
}
