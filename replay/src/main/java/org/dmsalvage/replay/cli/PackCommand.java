package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.pack.Pack;
import org.dmsalvage.inspect.pack.PackWriter;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.inspect.sanitize.Sanitized;
import org.dmsalvage.replay.output.OutputFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage pack}: leaves of a cache what a bug report needs. */
@Command(
    name = "pack",
    mixinStandardHelpOptions = true,
    header = "Pack a cache without what users stored in it, for a bug report.",
    description = {
      "%nWrites a small file with every structure of the cache, and of its persistent log if it has"
          + " one: superblock, headers, tables, as they are. Of everything else there is only a"
          + " CRC-32C for every 4 KiB (512 bytes with --fine, or if there is a log, or near bad"
          + " sectors), so that checksums hold or fail as they do in the cache. Who guesses the"
          + " contents of a block can confirm the guess. Addresses of blocks are in it, unless"
          + " --sanitize is given.",
      "With --sanitize, all addresses are others, the same one always for the same one: runs of"
          + " neighbouring 4 KiB blocks stay together, in random order, behind a power of two that"
          + " leaves out all real addresses; a sector keeps its place in its block. Checksums are"
          + " changed so that what is whole stays whole, and what is torn stays torn. Numbers of"
          + " segments, entries and commits, dirty bits and lengths stay as they are, and bytes"
          + " between the fields are cleared. In an insitu-comp device, where an address is a"
          + " place, runs of 32 blocks (from 256 MiB on of 4096) change places with their"
          + " bits.",
      "What needs no contents takes the file as a cache: inspect, check, the report of replay,"
          + " repair --dry-run. Everything else says that it needs them.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:The file was written.",
      " 8:Operational error: unreadable input, unknown format, full disk.",
      "16:Usage error.",
      "32:Cancelled; nothing was left behind."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage pack cache.img --output report.dmpack",
      "  dmsalvage pack cache.img --plog plog.img --output report.dmpack",
      "  dmsalvage pack cache.img --sanitize --output report.dmpack",
      "  dmsalvage pack --volume vg/fast_cvol disk1.img disk2.img --output report.dmpack"
    })
public final class PackCommand implements Callable<Integer> {

  private static final int BLOCK_BYTES = 4096;

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The pack that is written.")
  private @Nullable Path output;

  @Option(
      names = "--no-data",
      description = "Replace what users stored by its checksums. It is always so; no pack has it.")
  @SuppressWarnings("UnusedVariable")
  private boolean noData;

  @Option(
      names = "--sanitize",
      description = "Give all blocks other addresses, chosen at random and kept nowhere.")
  private boolean sanitize;

  @Option(
      names = "--fine",
      description =
          "Keep a checksum for every 512 bytes: eight times the file, and comparisons of contents,"
              + " such as with what the driver would show, are exact.")
  private boolean fine;

  @Option(names = "--force", description = "Replace FILE if it exists.")
  private boolean force;

  /** Makes the command. */
  public PackCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Progress progress = console.progress(common);
    Path path = Objects.requireNonNull(output);
    try (ImageOptions.Opened opened = images.openAny();
        OutputFile file = new OutputFile(path, force, images.paths())) {
      OpenRequest request = opened.request();
      CacheImage image = Formats.open(request);
      PackWriter writer = new PackWriter((offset, bytes) -> file.write(bytes, offset));
      Map<String, PackWriter.Result> results = new LinkedHashMap<>();
      BlockSource plog = request.plog();
      Sanitized sources =
          sanitize
              ? image.sanitized(request, new SecureRandom(), progress)
              : new Sanitized(request.cache(), plog);
      // A log holds sectors of blocks in the cache; where both have the same, that shall show.
      int unit = plog == null && !fine ? BLOCK_BYTES : BlockSource.SECTOR_BYTES;
      results.put(
          "cache",
          writer.add(Pack.Role.CACHE, sources.cache(), image.structures(), unit, progress));
      plog = sources.plog();
      if (plog != null) {
        results.put(
            "plog",
            writer.add(Pack.Role.PLOG, plog, image.logStructures(progress), unit, progress));
      }
      long bytes = writer.finish();
      file.complete();
      show(path, image.format(), bytes, results);
    }
    return ExitStatus.OK.code();
  }

  private void show(Path path, String format, long bytes, Map<String, PackWriter.Result> results) {
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "pack")) {
        json.text("path", path.toString()).number("bytes", bytes).text("format", format);
        json.flag("sanitized", sanitize);
        json.array(
            "images",
            () ->
                results.forEach(
                    (role, result) ->
                        json.element(
                            () ->
                                json.text("role", role)
                                    .number("bytes", result.bytes())
                                    .number("structureBytes", result.structures())
                                    .number("contentBytes", result.contents())
                                    .number("unreadableBytes", result.unreadable()))));
      }
      console.out().println();
      return;
    }
    TextReport text = new TextReport(console.out(), console.style(common));
    text.line(
        "%s  %s, %s%s"
            .formatted(
                path,
                format,
                Values.binary(bytes),
                sanitize ? ", with other addresses than the cache" : ""));
    results.forEach(
        (role, result) ->
            text.line(
                "  %s of %s: %s of structures as they are, %s of contents by their checksums%s"
                    .formatted(
                        role,
                        Values.binary(result.bytes()),
                        Values.binary(result.structures()),
                        Values.binary(result.contents()),
                        result.unreadable() == 0
                            ? ""
                            : ", %s could not be read"
                                .formatted(Values.binary(result.unreadable())))));
  }
}
