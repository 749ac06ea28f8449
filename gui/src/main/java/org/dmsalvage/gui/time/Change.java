package org.dmsalvage.gui.time;

import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A range of the disk that comes from another place at one point in time than at another.
 *
 * @param sector the first one
 * @param sectors how many
 * @param known whether the older contents are known for certain
 * @param steps how many steps have changed it
 * @param firstStep id of the first of them, unsigned
 * @param lastStep id of the last of them, unsigned
 * @param differing in how many of its sectors the bytes differ; -1 if that was not looked at
 */
public record Change(
    long sector,
    long sectors,
    boolean known,
    int steps,
    long firstStep,
    long lastStep,
    long differing) {

  /** {@return the bytes on the disk} */
  public ByteRange range() {
    return new ByteRange(sector * BlockSource.SECTOR_BYTES, sectors * BlockSource.SECTOR_BYTES);
  }

  /** {@return which steps have changed it} */
  public String by() {
    String last = Long.toUnsignedString(lastStep);
    return switch (steps) {
      case 0 -> "";
      case 1 -> last;
      case 2 -> Long.toUnsignedString(firstStep) + ", " + last;
      default -> "%s … %s (%d)".formatted(Long.toUnsignedString(firstStep), last, steps);
    };
  }

  /** {@return in a few words what the bytes say} */
  public String note() {
    String bytes =
        differing < 0
            ? ""
            : differing == 0
                ? "same bytes"
                : differing == sectors ? "other bytes" : differing + " with other bytes";
    return known ? bytes : bytes.isEmpty() ? "before unsure" : bytes + "; before unsure";
  }
}
