package org.dmsalvage.gui.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dmsalvage.gui.tree.Place;
import org.dmsalvage.gui.tree.Structures;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.ByteRange;

/** Understands where the user wants to go: "0x1f000", "12s", "+512", "slot 7", "id 145". */
public final class Jump {

  private static final int SECTOR_BYTES = 512;

  private static final Pattern OFFSET =
      Pattern.compile("([+-]?)\\s*(0x[0-9a-f]+|[0-9][0-9_]*)\\s*(s|k|m|g|t)?");
  private static final Pattern PLACE = Pattern.compile("([a-z]+)\\s*#?\\s*([0-9]+)");

  private Jump() {}

  /**
   * Reads what the user typed.
   *
   * @param text the text
   * @param session where to look
   * @return the place
   * @throws UsageException if the text is not understood, or the place is not in the image
   */
  public static Location parse(String text, Session session) {
    String typed = text.strip().toLowerCase(Locale.ROOT);
    Location here = session.navigator().location().get();
    Matcher offset = OFFSET.matcher(typed);
    if (offset.matches()) {
      return Location.at(here.source(), offset(offset, here));
    }
    Matcher place = PLACE.matcher(typed);
    if (place.matches()) {
      if (place.group(1).equals("sector")) {
        long sector = number(place.group(2));
        if (sector > Long.MAX_VALUE / SECTOR_BYTES) {
          throw new UsageException("beyond any image");
        }
        return Location.at(here.source(), inside(here, sector * SECTOR_BYTES));
      }
      List<Place> places = Structures.places(session.image());
      Optional<Place> known =
          named(place.group(1), places).or(() -> named(otherName(place.group(1)), places));
      if (known.isPresent()) {
        ByteRange range =
            known
                .get()
                .find(number(place.group(2)))
                .orElseThrow(() -> new UsageException("there is no " + typed));
        return new Location(session.cache(), range);
      }
    }
    throw new UsageException("“%s”: try %s".formatted(text.strip(), examples(session)));
  }

  private static Optional<Place> named(String beginning, List<Place> places) {
    return places.stream().filter(p -> p.noun().startsWith(beginning)).findFirst();
  }

  /** {@return where a segment stands, or an extent begins} */
  private static String otherName(String beginning) {
    return "segment".startsWith(beginning)
        ? "slot"
        : "extent".startsWith(beginning) ? "block" : beginning;
  }

  /** {@return what can be typed, for the hint in the empty field} */
  public static String examples(Session session) {
    StringBuilder examples = new StringBuilder("0x100000, 2048s, +4096");
    for (Place place : Structures.places(session.image())) {
      examples.append(", ").append(place.noun()).append(" 7");
    }
    return examples.toString();
  }

  private static long offset(Matcher typed, Location here) {
    long unit =
        switch (typed.group(3)) {
          case "s" -> SECTOR_BYTES;
          case "k" -> 1L << 10;
          case "m" -> 1L << 20;
          case "g" -> 1L << 30;
          case "t" -> 1L << 40;
          case null, default -> 1;
        };
    long value;
    try {
      value = Math.multiplyExact(number(typed.group(2)), unit);
    } catch (ArithmeticException _) {
      throw new UsageException("beyond any image");
    }
    long from = here.range().offset();
    return inside(
        here,
        switch (typed.group(1)) {
          case "+" -> from + value;
          case "-" -> from - value;
          default -> value;
        });
  }

  private static long inside(Location here, long offset) {
    long size = here.source().bytes().size();
    if (offset < 0 || offset >= size) {
      throw new UsageException("0x%x is not in the image of 0x%x bytes".formatted(offset, size));
    }
    return offset;
  }

  private static long number(String digits) {
    try {
      return digits.startsWith("0x")
          ? Long.parseLong(digits.substring(2), 16)
          : Long.parseLong(digits.replace("_", ""));
    } catch (NumberFormatException _) {
      throw new UsageException(digits + " is beyond any image");
    }
  }
}
