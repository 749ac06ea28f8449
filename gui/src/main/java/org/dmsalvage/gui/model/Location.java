package org.dmsalvage.gui.model;

import org.dmsalvage.inspect.io.ByteRange;

/**
 * Bytes of one of the images of a session.
 *
 * @param source which image
 * @param range the bytes, at least one
 */
public record Location(Source source, ByteRange range) {

  /** A single byte. */
  public static Location at(Source source, long offset) {
    return new Location(source, new ByteRange(offset, 1));
  }

  /** {@return the same place cut to what the image holds} */
  Location clamped() {
    long size = source.bytes().size();
    long from = Math.clamp(range.offset(), 0, Math.max(0, size - 1));
    long length = Math.clamp(range.length(), 1, Math.max(1, size - from));
    return new Location(source, new ByteRange(from, length));
  }
}
