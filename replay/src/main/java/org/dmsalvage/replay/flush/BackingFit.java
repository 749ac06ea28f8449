package org.dmsalvage.replay.flush;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.ReplayReport;

/** Whether a disk can be the one behind a cache. */
public final class BackingFit {

  private BackingFit() {}

  /**
   * Looks for signs that it is another disk.
   *
   * @param images the cache and its disk
   * @param report of replaying them
   * @return what speaks against it, one sentence each; empty if nothing does
   */
  public static List<String> doubts(OpenRequest images, ReplayReport report) {
    List<String> doubts = new ArrayList<>();
    BlockSource backing = images.backing();
    if (backing == null) {
      return doubts;
    }
    if (images.table() != null && images.table().bytes() != backing.size()) {
      doubts.add(
          "it has %d bytes, the table line says %d"
              .formatted(backing.size(), images.table().bytes()));
    }
    long beyond =
        report.dropped().kept().stream().filter(loss -> loss.code().contains("-BEYOND")).count();
    if (beyond > 0) {
      doubts.add(
          "it ends at %d, and the cache has data for addresses behind that (%d blocks)"
              .formatted(backing.size(), beyond));
    }
    Formats.detect(backing).stream()
        .filter(d -> d.confidence() == Detection.Confidence.CERTAIN)
        .findFirst()
        .ifPresent(d -> doubts.add("it holds a cache itself (" + d.format() + ")"));
    return doubts;
  }
}
