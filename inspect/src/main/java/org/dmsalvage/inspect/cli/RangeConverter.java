package org.dmsalvage.inspect.cli;

import org.dmsalvage.inspect.io.ByteRange;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A half-open range of bytes, {@code A..B}; either end may be left out. */
public final class RangeConverter implements ITypeConverter<ByteRange> {

  @Override
  public ByteRange convert(String text) {
    int dots = text.indexOf("..");
    if (dots < 0) {
      throw new TypeConversionException("'" + text + "' is no range: want A..B");
    }
    String from = text.substring(0, dots);
    String to = text.substring(dots + 2);
    long start = from.isEmpty() ? 0 : ByteCount.parse(from);
    long end = to.isEmpty() ? Long.MAX_VALUE : ByteCount.parse(to);
    if (end < start) {
      throw new TypeConversionException("'" + text + "' ends before it begins");
    }
    return ByteRange.between(start, end);
  }
}
