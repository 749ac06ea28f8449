package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.pack.Pack;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dmsalvage unpack}: makes images of a pack, for programs that read no packs. */
@Command(
    name = "unpack",
    mixinStandardHelpOptions = true,
    header = "Make images of a pack: structures as they were, other bytes instead of contents.",
    description = {
      "%nFor programs that do not read packs. The images are as large as those that were packed."
          + " Where users had stored something they hold a text that says so, and four bytes that"
          + " give it the checksum of what was there. What could not be read is zeros.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:The images were written.",
      " 4:They were, but a part of the pack is damaged, or could not be read when it was packed.",
      " 8:Operational error: not a pack, damaged, full disk.",
      "16:Usage error.",
      "32:Cancelled; nothing was left behind."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage unpack report.dmpack --output cache.img",
      "  dmsalvage unpack report.dmpack --output cache.img --plog-output plog.img"
    })
public final class UnpackCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(index = "0", paramLabel = "PACK", description = "What 'dmsalvage pack' wrote.")
  private String pack = "";

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The image of the cache that is written, sparse.")
  private @Nullable Path output;

  @Option(
      names = "--plog-output",
      paramLabel = "FILE",
      description = "The image of its persistent log that is written.")
  private @Nullable Path plogOutput;

  @Option(names = "--force", description = "Replace FILE if it exists.")
  private boolean force;

  @Mixin private CommonOptions common = new CommonOptions();

  /** Makes the command. */
  public UnpackCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Progress progress = console.progress(common);
    Path cache = Objects.requireNonNull(output);
    if (plogOutput != null
        && plogOutput.toAbsolutePath().normalize().equals(cache.toAbsolutePath().normalize())) {
      throw new UsageException("--output and --plog-output name the same file");
    }
    boolean whole = write(Pack.Role.CACHE, cache, progress);
    if (plogOutput != null) {
      whole &= write(Pack.Role.PLOG, plogOutput, progress);
    }
    show(cache);
    return (whole ? ExitStatus.OK : ExitStatus.UNCORRECTED).code();
  }

  /** Whether all of it could be read. */
  private boolean write(Pack.Role role, Path path, Progress progress) {
    BlockSource file = Sources.open(pack);
    if (!Pack.matches(file)) {
      file.close();
      throw new UnsupportedImageException(pack, "is no pack");
    }
    try (BlockSource image =
        Pack.open(file, role)
            .orElseThrow(() -> new UnsupportedImageException(pack, "has no such image"))) {
      ImageWriter.checkSpace(path, ImageFlush.dataBytes(image));
      try (ImageWriter writer = new ImageWriter(path, image.size(), force, List.of(pack))) {
        DeviceCopier.Result result = DeviceCopier.copy(image, writer, false, progress);
        writer.complete();
        if (!result.unreadable().isEmpty()) {
          console.warn(
              common,
              "%s has zeros in %d ranges that could not be read"
                  .formatted(path, result.unreadable().size()));
        }
        return result.unreadable().isEmpty();
      }
    }
  }

  private void show(Path cache) {
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "unpack")) {
        json.text("path", cache.toString()).number("bytes", cache.toFile().length());
        if (plogOutput != null) {
          json.text("plogPath", plogOutput.toString());
          json.number("plogBytes", plogOutput.toFile().length());
        }
      }
      console.out().println();
      return;
    }
    TextReport text = new TextReport(console.out(), console.style(common));
    text.line("%s  %s".formatted(cache, Values.binary(cache.toFile().length())));
    if (plogOutput != null) {
      text.line("%s  %s".formatted(plogOutput, Values.binary(plogOutput.toFile().length())));
    }
  }
}
