package org.dmsalvage.replay.map;

import java.io.PrintWriter;
import java.util.List;

/**
 * A map in the form of a mapfile of GNU ddrescue, for ddrescuelog, ddrescueview and nbdkit's
 * ddrescue filter.
 *
 * <pre>
 * file     comments, status line, blocks
 * comment  # text
 * status   position, status of the whole, pass:   0x00000000     +               1
 * block    position, size, status:                0x00000000  0x00117000  ?
 * </pre>
 *
 * <p>Blocks follow each other without gaps, from 0 to the end of the device. The status characters
 * are those that lead ddrescue and its relatives to the right conclusion: a part at risk is "not
 * scraped" (its borders are exact, and something may be got out of it), not "not trimmed" (borders
 * unknown); what the cache does not have was "not tried", for it was not looked for.
 */
public final class MapFile {

  private MapFile() {}

  /** {@return the status character of a block} */
  static char character(RangeStatus status) {
    return switch (status) {
      case UNTOUCHED -> '?';
      case RECOVERED -> '+';
      case AT_RISK -> '/';
      case LOST -> '-';
    };
  }

  /**
   * Writes a mapfile.
   *
   * @param map of the device
   * @param comments put before it, a line each; line breaks and the like are replaced
   * @param out where it goes; flushed, stays open
   */
  public static void write(RecoveryMap map, List<String> comments, PrintWriter out) {
    out.print("# Mapfile of a logical device. Created by dmsalvage\n");
    for (String comment : comments) {
      out.print("# " + comment.replaceAll("\\p{Cntrl}", "?") + "\n");
    }
    out.print(
        """
        # +  recovered: comes from the cache
        # /  at risk: its newest copy is damaged, an older version may show
        # -  lost: no version of it can be had
        # ?  untouched: not in the cache; the backing device has it, or it was never written
        # current_pos  current_status  current_pass
        0x00000000     +               1
        #      pos        size  status
        """);
    map.forEach(
        (offset, length, status) ->
            out.print("0x%08X  0x%08X  %c\n".formatted(offset, length, character(status))));
    out.flush();
  }
}
