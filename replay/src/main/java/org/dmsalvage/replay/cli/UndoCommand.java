package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.PlacedDevices;
import org.dmsalvage.replay.undo.Undo;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoTarget;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dmsalvage undo}: puts back what was overwritten in place. */
@Command(
    name = "undo",
    mixinStandardHelpOptions = true,
    header = "Put back what was overwritten in place.",
    description = {
      "%nRestores the devices that were written under an undo file to what they held before, also"
          + " after a crash in the middle. All of them are compared first: a device that holds"
          + " anything but the old or the new bytes is refused, and nothing is written.",
      "The undo file stays, marked as undone. An undo that was stopped can be run again.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Everything is as it was.",
      " 4:A range could not be put back, or could not be saved before.",
      " 8:Operational error: no undo file, or a device that does not fit or is in use.",
      "16:Usage error.",
      "32:Cancelled; run it again to go on."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  dmsalvage undo disk.undo", "  dmsalvage undo disk.undo --target /dev/sdc"})
public final class UndoCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(paramLabel = "FILE", description = "The undo file.")
  private Path file = Path.of("");

  @Option(
      names = "--target",
      paramLabel = "[ROLE=]PATH",
      description =
          "The device to restore, if it has another path now. If there are several, ROLE says"
              + " which: backing, cache or plog; backing:2 is the second disk of a volume.")
  private List<String> targets = new ArrayList<>();

  @Option(
      names = "--force",
      description = "Restore also what somebody else has written since, and a device in use.")
  private boolean force;

  /** What the commands take that ask before they write. */
  @Option(
      names = {"-y", "--yes"},
      description = "Taken as by flush and repair; undo never asks.")
  void yes(boolean agreed) {}

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private ProgressOptions programs = new ProgressOptions();

  /** Makes the command. */
  public UndoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (LineProgress progress = programs.over(console.progress(common));
        PlacedDevices opened = new PlacedDevices(force);
        UndoFile undo = UndoFile.open(file)) {
      List<BlockDevice> devices = paths(undo.targets()).stream().map(opened::open).toList();
      Undo.Result result = new Undo(undo).run(devices, force, progress);
      if (common.json()) {
        json(undo, devices, result);
      } else {
        text(undo, devices, result);
      }
      boolean whole = result.notWritten().count() == 0 && result.notSaved().count() == 0;
      return (whole ? ExitStatus.OK : ExitStatus.UNCORRECTED).code();
    }
  }

  private List<String> paths(List<UndoTarget> known) {
    List<String> paths = new ArrayList<>(known.stream().map(UndoTarget::path).toList());
    for (String target : targets) {
      int index = -1;
      String path = target;
      for (int i = 0; i < known.size(); i++) {
        String prefix = name(known, i) + "=";
        if (target.startsWith(prefix)) {
          index = i;
          path = target.substring(prefix.length());
        }
      }
      if (index < 0 && known.size() > 1) {
        throw new UsageException(
            "--target: %s restores %s; say which, as in %s=%s"
                .formatted(
                    file,
                    IntStream.range(0, known.size()).mapToObj(i -> name(known, i)).toList(),
                    name(known, 0),
                    target));
      }
      paths.set(Math.max(index, 0), path);
    }
    return paths;
  }

  /** The role, and a number if several devices have it: backing, backing:2, …. */
  private static String name(List<UndoTarget> known, int index) {
    UndoTarget.Role role = known.get(index).role();
    long before = known.subList(0, index).stream().filter(t -> t.role() == role).count();
    return before == 0 ? role.toString() : role + ":" + (before + 1);
  }

  private void json(UndoFile undo, List<BlockDevice> devices, Undo.Result result) {
    try (JsonDocument json = JsonDocument.begin(console.out(), "undo")) {
      json.text("path", file.toString()).text("state", undo.state().toString());
      json.array(
          "targets",
          () -> {
            for (int i = 0; i < devices.size(); i++) {
              UndoTarget target = undo.targets().get(i);
              String path = devices.get(i).name();
              json.element(
                  () ->
                      json.text("role", target.role().toString())
                          .text("path", path)
                          .number("bytes", target.bytes()));
            }
          });
      json.number("savedBytes", result.saved())
          .number("restoredBytes", result.restored())
          .number("foreignBytes", result.foreign())
          .number("unknownBytes", result.unknown());
      ReplayRendering.losses(json, "notSaved", result.notSaved());
      ReplayRendering.losses(json, "notWritten", result.notWritten());
    }
    console.out().println();
  }

  private void text(UndoFile undo, List<BlockDevice> devices, Undo.Result result) {
    Style style = console.style(common);
    TextReport text = new TextReport(console.out(), style);
    for (int i = 0; i < devices.size(); i++) {
      UndoTarget target = undo.targets().get(i);
      text.line(style.bold(target.role().toString()) + "  " + devices.get(i).name());
    }
    text.line(
        "  %d bytes (%s) put back, of %d that had been saved; the others were there"
            .formatted(result.restored(), Values.binary(result.restored()), result.saved()));
    if (result.unknown() > 0) {
      text.line(
          "  %d bytes could not be read before they were overwritten, and stay as they are"
              .formatted(result.unknown()));
    }
    if (result.foreign() > 0) {
      text.line("  %d bytes were written by somebody else".formatted(result.foreign()));
    }
    ReplayRendering.losses(text, style, "Was not saved", result.notSaved(), Severity.ERROR);
    ReplayRendering.losses(text, style, "Not put back", result.notWritten(), Severity.ERROR);
    text.line("  " + file + " is " + undo.state());
  }
}
