package org.dmsalvage.inspect.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes and offsets as people write them: {@code 4096}, {@code 0x1000}, {@code 8s}, {@code 4K}. */
public final class ByteCount implements ITypeConverter<Long> {

  private static final Pattern FORM =
      Pattern.compile("(0[xX][0-9a-fA-F]+|[0-9]+)(s|[KMGTP](?:i?B)?)?");

  /**
   * Reads a number of bytes.
   *
   * @param text decimal or hexadecimal, followed by {@code s} (sectors of 512 bytes) or K, M, G, T,
   *     P (powers of 1024) or nothing (bytes)
   * @throws TypeConversionException if it is none, or more than 2^63-1
   */
  @Override
  public Long convert(String text) {
    return parse(text);
  }

  static long parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "'" + text + "' is no size: want digits, then s (sectors), K, M, G, T, P or nothing");
    }
    try {
      long number = Long.decode(matcher.group(1).replaceFirst("^0+(?=[0-9])", ""));
      String suffix = matcher.group(2);
      if (suffix == null) {
        return number;
      }
      long factor = suffix.equals("s") ? 512 : 1L << (10 * ("KMGTP".indexOf(suffix.charAt(0)) + 1));
      return Math.multiplyExact(number, factor);
    } catch (NumberFormatException | ArithmeticException _) {
      throw new TypeConversionException("'" + text + "' is more than 2^63-1 bytes");
    }
  }
}
