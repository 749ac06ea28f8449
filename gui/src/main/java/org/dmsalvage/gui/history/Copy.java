package org.dmsalvage.gui.history;

import java.util.List;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A copy of a sector that an image still holds.
 *
 * @param version where it stands, its place in the log's order, its state
 * @param proof whether anything proves that the bytes are those once written
 * @param standing why it shows or does not show under salvage
 * @param shownBy the policies that show it
 */
public record Copy(SectorVersion version, String proof, String standing, List<String> shownBy) {

  /** Keeps the policies. */
  public Copy {
    shownBy = List.copyOf(shownBy);
  }

  /** {@return its place in the order of the log; "–" for a freed one, which has lost it} */
  public String order() {
    return version.order() == -1 ? "–" : Long.toUnsignedString(version.order());
  }

  /** {@return its bytes in the image} */
  public ByteRange range() {
    return new ByteRange(version.offset(), BlockSource.SECTOR_BYTES);
  }

  /** {@return whether the image holds its bytes as they are, not compressed} */
  public boolean plain() {
    return version.details().value("payloadSectors") == null
        || version.place().endsWith(", stored");
  }
}
