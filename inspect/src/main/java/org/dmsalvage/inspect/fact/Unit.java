package org.dmsalvage.inspect.fact;

/** How a value is to be read and shown. */
public enum Unit {
  /** A signed count: {@link Number}. */
  COUNT,
  /** A size or an address in bytes: {@link Number}. */
  BYTES,
  /** An address or a length in sectors of 512 bytes: {@link Number}. */
  SECTORS,
  /** A 64-bit value without sign, such as a segment id: {@link Long}. */
  UNSIGNED,
  /** A checksum or mask, shown in hexadecimal: {@link Integer} or {@link Long}. */
  HEX,
  /** A word or sentence: {@link String}. */
  TEXT,
  /** Yes or no: {@link Boolean}. */
  FLAG
}
