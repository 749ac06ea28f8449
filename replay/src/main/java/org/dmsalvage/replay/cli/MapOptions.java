package org.dmsalvage.replay.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.replay.map.MapFile;
import org.dmsalvage.replay.map.RecoveryMap;
import org.dmsalvage.replay.output.OutputFile;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Files that say where each part of a recovered device comes from, and how good it is. */
public final class MapOptions {

  @Option(
      names = "--map",
      paramLabel = "FILE",
      description =
          "Write a map of the logical device as a GNU ddrescue mapfile: + recovered, / at risk,"
              + " - lost, ? untouched by the cache.")
  private @Nullable Path map;

  /** {@return whether any of the files is wanted} */
  public boolean wanted() {
    return map != null;
  }

  /**
   * Begins the files, so that what stands in their way shows before the work is done.
   *
   * @param replace whether files of these names may be replaced
   * @param inputs what must not be replaced in any case
   * @param others further files that the command will write
   * @throws UsageException if two of all these have one name
   */
  public Files open(boolean replace, List<String> inputs, List<Path> others) {
    List<Path> all = new ArrayList<>(others);
    if (map != null) {
      all.add(map);
    }
    long distinct = all.stream().map(path -> path.toAbsolutePath().normalize()).distinct().count();
    if (distinct < all.size()) {
      throw new UsageException("two results cannot go to one file");
    }
    Files files = new Files();
    try {
      files.map = map == null ? null : new OutputFile(map, replace, inputs);
      return files;
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** The files that were begun; closing them removes those that were not written. */
  public static final class Files implements AutoCloseable {
    private @Nullable OutputFile map;

    private Files() {}

    /**
     * Writes the files and gives them their names.
     *
     * @param device the recovered device
     * @param recovery it belongs to
     * @param images the images that it was recovered from
     */
    public void write(LogicalDevice device, Recovery recovery, List<String> images) {
      ReplayReport report = recovery.report();
      if (map != null) {
        PrintWriter text = map.text();
        MapFile.write(new RecoveryMap(device, report), comments(device, report, images), text);
        map.complete();
      }
    }

    private static List<String> comments(
        LogicalDevice device, ReplayReport report, List<String> images) {
      List<String> comments = new ArrayList<>();
      comments.add("From " + String.join(", ", images));
      comments.add(
          "%s, %s, policy %s, %d bytes"
              .formatted(report.format(), report.variant(), report.policy(), device.size()));
      unplaced(comments, "at risk", report.atRisk().unplaced());
      unplaced(comments, "lost", report.lost().unplaced());
      return comments;
    }

    private static void unplaced(List<String> comments, String what, long count) {
      if (count > 0) {
        comments.add(
            "%d damaged or missing structures are not in this map: which sectors are %s with them is unknown"
                .formatted(count, what));
      }
    }

    @Override
    public void close() {
      if (map != null) {
        map.close();
      }
    }
  }
}
