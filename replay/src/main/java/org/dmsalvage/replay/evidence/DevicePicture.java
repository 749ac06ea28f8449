package org.dmsalvage.replay.evidence;

import java.util.Arrays;
import java.util.Locale;
import org.dmsalvage.replay.map.RangeStatus;
import org.dmsalvage.replay.map.RecoveryMap;

/**
 * The map of a device as an SVG drawing: cells row by row, each showing the worst that became of
 * any byte in it. Marks tell the statuses apart also where colours do not.
 */
final class DevicePicture {

  private static final int COLUMNS = 96;
  private static final int MAX_ROWS = 24;
  private static final int CELL = 9;
  private static final int STEP = 10;

  private final long bytes;
  private final long bytesPerCell;
  private final RangeStatus[] cells;

  private DevicePicture(long bytes) {
    this.bytes = bytes;
    long sectors = Math.max(1, (bytes + 511) / 512);
    long wanted = Math.min((long) COLUMNS * MAX_ROWS, sectors);
    this.bytesPerCell = (sectors + wanted - 1) / wanted * 512;
    this.cells = new RangeStatus[(int) ((bytes + bytesPerCell - 1) / bytesPerCell)];
    Arrays.fill(cells, RangeStatus.UNTOUCHED);
  }

  /** Draws the map of a device. */
  static DevicePicture of(RecoveryMap map, long bytes) {
    DevicePicture picture = new DevicePicture(bytes);
    map.forEach(picture::add);
    return picture;
  }

  private void add(long offset, long length, RangeStatus status) {
    int last = (int) ((offset + length - 1) / bytesPerCell);
    for (int cell = (int) (offset / bytesPerCell); cell <= last; cell++) {
      if (status.compareTo(cells[cell]) > 0) {
        cells[cell] = status;
      }
    }
  }

  /** {@return bytes of the device in one cell} */
  long bytesPerCell() {
    return bytesPerCell;
  }

  /** {@return the drawing as an SVG element} */
  String svg() {
    int rows = Math.max(1, (cells.length + COLUMNS - 1) / COLUMNS);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"map of %d bytes\">%n",
            COLUMNS * STEP,
            rows * STEP,
            bytes));
    for (int i = 0; i < cells.length; ) {
      int end = i + 1;
      while (end < cells.length && cells[end] == cells[i] && end % COLUMNS != 0) {
        end++;
      }
      run(svg, i, end);
      i = end;
    }
    return svg.append("</svg>\n").toString();
  }

  /** Cells of one row and one status; untouched ones are drawn as one bar to keep files small. */
  private void run(StringBuilder svg, int from, int to) {
    int x = from % COLUMNS * STEP;
    int y = from / COLUMNS * STEP;
    RangeStatus status = cells[from];
    int step = status == RangeStatus.UNTOUCHED ? to - from : 1;
    for (int i = from; i < to; i += step) {
      String title =
          "bytes %d to %d: %s"
              .formatted(
                  i * bytesPerCell, Math.min(bytes, (i + step) * bytesPerCell), word(status));
      svg.append(
          "<g class=\"%s\"><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
              .formatted(name(status), title, x, y, step * STEP - (STEP - CELL), CELL));
      if (status == RangeStatus.LOST) {
        svg.append("<path d=\"M%d %dl5 5m0 -5l-5 5\"/>".formatted(x + 2, y + 2));
      } else if (status == RangeStatus.AT_RISK) {
        svg.append("<path d=\"M%d %dl5 -5\"/>".formatted(x + 2, y + 7));
      }
      svg.append("</g>\n");
      x += step * STEP;
    }
  }

  /** {@return the CSS class of a status} */
  static String name(RangeStatus status) {
    return status.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return a status in words} */
  static String word(RangeStatus status) {
    return switch (status) {
      case UNTOUCHED -> "not in the cache";
      case RECOVERED -> "recovered from the cache";
      case AT_RISK -> "at risk: an older version may show";
      case LOST -> "lost";
    };
  }
}
