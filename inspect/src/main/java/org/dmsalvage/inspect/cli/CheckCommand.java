package org.dmsalvage.inspect.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dmsalvage check}: verifies everything and gives a verdict. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    header = "Verify a cache device and give a verdict.",
    description = {
      "%nReads the whole device, computes every checksum, decompresses every extent, and lists all"
          + " that is wrong. A crashed but whole cache is clean: its dirty data and a torn newest"
          + " segment are notes.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Nothing wrong: no finding of severity error.",
      " 4:Damage was found.",
      " 8:The image could not be read, or it is no known format.",
      "16:Usage error."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage check cache.img",
      "  dmsalvage check --json --plog plog.img --backing disk.img cache.img"
    })
public final class CheckCommand implements Callable<Integer> {

  /** What a check comes to. */
  enum Verdict {
    CLEAN(ExitStatus.OK),
    DAMAGED(ExitStatus.UNCORRECTED),
    UNREADABLE(ExitStatus.OPERATIONAL);

    final ExitStatus exitStatus;

    Verdict(ExitStatus exitStatus) {
      this.exitStatus = exitStatus;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  /** Makes the command. */
  public CheckCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Progress progress = console.progress(common);
    try (ImageOptions.Opened opened = images.openAny()) {
      List<Detection> detections =
          opened.request().format() == null ? Formats.detect(opened.request().cache()) : List.of();
      CacheImage image;
      try {
        image = Formats.open(opened.request(), detections);
      } catch (UnsupportedImageException e) {
        unreadable(opened, e);
        return Verdict.UNREADABLE.exitStatus.code();
      }
      Findings findings = new Findings();
      boolean verified = !opened.packed() || !image.structures().readsContents();
      CacheImage.Depth depth = verified ? CacheImage.Depth.VERIFY : CacheImage.Depth.HEADERS;
      Facts summary = image.examine(depth, findings, progress);
      boolean damaged = findings.worst().filter(Severity.ERROR::equals).isPresent();
      Verdict verdict = damaged ? Verdict.DAMAGED : Verdict.CLEAN;
      if (!verified) {
        console.warn(common, images.cache() + " is a pack: what is stored in it was not checked");
      }
      show(new Overview(image, detections, summary, verified, findings), verdict);
      return verdict.exitStatus.code();
    }
  }

  private void show(Overview overview, Verdict verdict) {
    if (common.json) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "check")) {
        json.text("verdict", verdict.word());
        overview.json(json);
      }
      console.out().println();
      return;
    }
    Style style = console.style(common);
    TextReport text = new TextReport(console.out(), style);
    overview.text(text, style);
    String word =
        verdict == Verdict.CLEAN
            ? style.good(verdict.word())
            : style.severity(Severity.ERROR, verdict.word());
    text.heading("Verdict: " + word);
  }

  private void unreadable(ImageOptions.Opened opened, UnsupportedImageException e) {
    if (!common.json) {
      throw e;
    }
    try (JsonDocument json = JsonDocument.begin(console.out(), "check")) {
      json.text("verdict", Verdict.UNREADABLE.word());
      json.object(
          "image",
          () ->
              json.text("path", opened.request().cache().name())
                  .number("bytes", opened.request().cache().size()));
      json.text("error", e.getMessage());
    }
    console.out().println();
    console.err().println("dmsalvage: " + e.getMessage());
  }
}
