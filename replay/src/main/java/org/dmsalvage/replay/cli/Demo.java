package org.dmsalvage.replay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/** The work of {@link DemoCommand}, apart from it so that the command loads no JSON reader. */
final class Demo {

  /** Names the directory of the distribution; set by its launcher. */
  private static final String HOME = "dmsalvage.home";

  private final TextReport text;
  private final Style style;
  private final Progress progress;

  Demo(TextReport text, Style style, Progress progress) {
    this.text = text;
    this.style = style;
    this.progress = progress;
  }

  /**
   * Runs the demonstration.
   *
   * @param directory where to unpack and leave everything; null for a place that is removed
   */
  ExitStatus run(@Nullable Path directory) {
    try {
      if (directory != null) {
        return run(Files.createDirectories(directory), true);
      }
      Path temporary = Files.createTempDirectory("dmsalvage-demo");
      try {
        return run(temporary, false);
      } finally {
        delete(temporary);
      }
    } catch (IOException e) {
      throw new OutputException("demo", "cannot unpack", e);
    }
  }

  private ExitStatus run(Path work, boolean kept) throws IOException {
    boolean again = unpack(work);
    JsonNode truth = new JsonMapper().readTree(work.resolve("case.json").toFile());
    List<SectorTruth> sectors = SectorTruth.read(work.resolve("sectors.tsv"));
    text.line(style.bold("A crashed " + truth.path("format").asText() + " cache"));
    text.line("  made by " + truth.path("madeBy").asText());
    truth.path("events").forEach(event -> text.line("  " + event.asText()));

    Path output = work.resolve("recovered.img");
    try (BlockSource cache = Images.open(work.resolve("cache.img").toString());
        BlockSource backing = Images.open(work.resolve("backing.img").toString())) {
      OpenRequest request =
          new OpenRequest(
              cache,
              null,
              backing,
              null,
              DmTable.parse(truth.path("table").asText()),
              OptionalInt.empty());
      Recovery driver = replay(request, Policy.DRIVER);
      SectorTruth.Verdict theirs = judge(sectors, driver);
      text.heading("The real driver would").line("  " + theirs.text());
      driver.report().dropped().kept().stream()
          .limit(3)
          .forEach(loss -> text.line("  " + loss.reason()));

      Recovery salvage = replay(request, Policy.SALVAGE);
      try (ImageWriter writer =
          new ImageWriter(output, salvage.logical().orElseThrow().size(), again, List.of())) {
        DeviceCopier.Result result =
            DeviceCopier.copy(salvage.logical().orElseThrow(), writer, true, progress);
        writer.complete();
        text.heading("dmsalvage recovers").line("  sha256 " + result.sha256());
      }
      SectorTruth.Verdict ours;
      try (BlockSource written = Images.open(output.toString())) {
        ours = SectorTruth.judge(sectors, written);
      }
      text.line("  " + ours.text());
      if (kept) {
        text.line("  " + output);
      }
      boolean complete = ours.lost() == 0 && ours.foreign() == 0;
      text.heading(
          complete ? style.good("Every durable sector is there.") : "Durable sectors are missing.");
      return complete ? ExitStatus.OK : ExitStatus.UNCORRECTED;
    }
  }

  private static Recovery replay(OpenRequest request, Policy policy) {
    return Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  private static SectorTruth.Verdict judge(List<SectorTruth> sectors, Recovery recovery) {
    return SectorTruth.judge(sectors, recovery.logical().orElseThrow());
  }

  /**
   * Unpacks what is not there yet. Users give their own images the same names, so nothing is ever
   * replaced.
   *
   * @return whether all of it was there: then the directory is one of an earlier demonstration
   */
  private static boolean unpack(Path work) throws IOException {
    String home = System.getProperty(HOME);
    if (home == null) {
      throw new UnreadableException(
          "demo", "its images travel with the distribution: start it from bin");
    }
    Path archive = Path.of(home, "share", "demo", "demo.zip");
    boolean all = true;
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path target = work.resolve(entry.getName()).normalize();
        if (!work.equals(target.getParent())) {
          throw new IOException("entry " + entry.getName() + " leaves the directory");
        }
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
          Files.copy(zip, target);
          all = false;
        } else if (!Arrays.equals(Files.readAllBytes(target), zip.readAllBytes())) {
          throw new OutputException(
              target.toString(), "exists already, and is not of the demonstration");
        }
      }
    }
    return all;
  }

  private static void delete(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
