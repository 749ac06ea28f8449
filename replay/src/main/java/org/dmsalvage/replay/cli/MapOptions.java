package org.dmsalvage.replay.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.RowFormat;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.replay.map.Dfxml;
import org.dmsalvage.replay.map.MapFile;
import org.dmsalvage.replay.map.RecoveryMap;
import org.dmsalvage.replay.map.VersionList;
import org.dmsalvage.replay.output.OutputFile;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Files that say where each part of a recovered device comes from, and how good it is. */
public final class MapOptions {

  private static final Path STANDARD_OUTPUT = Path.of("-");

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--map",
      paramLabel = "FILE",
      description =
          "Write a map of the logical device as a GNU ddrescue mapfile: + recovered, / at risk,"
              + " - lost, ? untouched by the cache.")
  private @Nullable Path map;

  @Option(
      names = "--list-dirty",
      paramLabel = "FILE",
      description =
          "List every range of the logical device that comes from the cache, with the place where"
              + " it stands, the id of its segment or sequence, and its status: dirty, clean,"
              + " uncommitted, at-risk or lost. - prints the list instead of the report.")
  private @Nullable Path list;

  @Option(
      names = "--rows",
      paramLabel = "FORM",
      description =
          "Form of the list, csv if not given, or of the timeline, text if not given:"
              + " ${COMPLETION-CANDIDATES}.")
  private @Nullable RowFormat rows;

  @Option(
      names = "--dfxml",
      paramLabel = "FILE",
      description =
          "Write the same ranges as Digital Forensics XML: byte runs with the SHA-256 of each.")
  private @Nullable Path dfxml;

  /** {@return whether any of the files is wanted} */
  public boolean wanted() {
    return map != null || list != null || dfxml != null;
  }

  /** {@return whether one of the files tells of contents, as the hashes of DFXML do} */
  boolean tellsContents() {
    return dfxml != null;
  }

  /** {@return the form of a list or timeline; null if none was chosen} */
  @Nullable RowFormat rows() {
    return rows;
  }

  /** {@return whether a list takes the place of the report} */
  public boolean printsList() {
    return STANDARD_OUTPUT.equals(list);
  }

  /**
   * Begins the files, so that what stands in their way shows before the work is done.
   *
   * @param replace whether files of these names may be replaced
   * @param inputs what must not be replaced in any case
   * @param json whether standard output is for a JSON document
   * @param others further files that the command will write
   * @throws UsageException if two of all these have one name, or the options contradict each other
   */
  public Files open(boolean replace, List<String> inputs, boolean json, List<Path> others) {
    if (rows != null && list == null) {
      throw new UsageException("--rows needs --list-dirty or --timeline");
    }
    if (printsList() && json) {
      throw new UsageException("--list-dirty - takes the place of the report: leave out --json");
    }
    List<Path> all = new ArrayList<>(others);
    Stream.of(map, printsList() ? null : list, dfxml).filter(Objects::nonNull).forEach(all::add);
    long distinct = all.stream().map(path -> path.toAbsolutePath().normalize()).distinct().count();
    if (distinct < all.size()) {
      throw new UsageException("two results cannot go to one file");
    }
    Files files = new Files();
    try {
      files.map = map == null ? null : new OutputFile(map, replace, inputs);
      files.list = list == null || printsList() ? null : new OutputFile(list, replace, inputs);
      files.dfxml = dfxml == null ? null : new OutputFile(dfxml, replace, inputs);
      return files;
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** The files that were begun; closing them removes those that were not written. */
  public final class Files implements AutoCloseable {
    private @Nullable OutputFile map;
    private @Nullable OutputFile list;
    private @Nullable OutputFile dfxml;

    private Files() {}

    /**
     * Writes the files and gives them their names.
     *
     * @param device the recovered device
     * @param report of its recovery
     * @param images what it was recovered from
     * @param out where a list goes that takes the place of the report
     * @param style of such a list
     * @param progress told about bytes read again for their hashes
     */
    public void write(
        LogicalDevice device,
        ReplayReport report,
        OpenRequest images,
        PrintWriter out,
        Style style,
        Progress progress) {
      RecoveryMap recovered = new RecoveryMap(device, report);
      if (map != null) {
        MapFile.write(recovered, comments(device, report, images), map.text());
        map.complete();
      }
      if (list != null) {
        PrintWriter text = list.text();
        list(device, recovered, text, Style.PLAIN);
        text.flush();
        list.complete();
      }
      if (dfxml != null) {
        dfxml(dfxml, device, report, images, progress);
      }
      if (printsList()) {
        list(device, recovered, out, style);
      }
    }

    private void list(LogicalDevice device, RecoveryMap recovered, PrintWriter text, Style style) {
      RowFormat form = rows == null ? RowFormat.CSV : rows;
      VersionList.write(device, recovered, form.open(text, VersionList.COLUMNS, style));
    }

    private void dfxml(
        OutputFile file,
        LogicalDevice device,
        ReplayReport report,
        OpenRequest images,
        Progress progress) {
      try (OutputStream out = file.stream()) {
        Dfxml.write(
            device,
            new RecoveryMap(device, report),
            new Dfxml.Provenance(
                Application.version(),
                commandLine(),
                report.format(),
                names(images.cache(), images.plog(), images.backing()),
                names(images.cache(), images.plog())),
            out,
            progress);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      file.complete();
    }

    private static List<String> comments(
        LogicalDevice device, ReplayReport report, OpenRequest images) {
      List<String> comments = new ArrayList<>();
      comments.add(
          "From " + String.join(", ", names(images.cache(), images.plog(), images.backing())));
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
            "Not in this map: damaged or missing structures of which nothing tells what is %s: %d"
                .formatted(what, count));
      }
    }

    @Override
    public void close() {
      Stream.of(map, list, dfxml).filter(Objects::nonNull).forEach(OutputFile::close);
    }
  }

  private String commandLine() {
    return command == null
        ? ""
        : "dmsalvage " + String.join(" ", command.commandLine().getParseResult().originalArgs());
  }

  private static List<String> names(@Nullable BlockSource... images) {
    return Stream.of(images).filter(Objects::nonNull).map(BlockSource::name).toList();
  }
}
