package org.dmsalvage.replay.cli;

import java.util.List;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.undo.Saved;
import org.jspecify.annotations.Nullable;

/** A flush as JSON and as text. */
public final class FlushRendering {

  private FlushRendering() {}

  private static ReplayCommand.@Nullable Written written(FlushCommand.@Nullable Done done) {
    return done == null
        ? null
        : new ReplayCommand.Written(
            done.bytes(),
            done.sizeFrom(),
            new DeviceCopier.Result(done.result().sha256(), List.of()),
            null);
  }

  /**
   * Writes the fields of a flush.
   *
   * @param recovery what the replay gave, as it was before anything was written
   * @param done what was written; null if nothing was
   * @param dryRun whether it was only looked at
   */
  public static void json(
      JsonDocument json, Recovery recovery, FlushCommand.@Nullable Done done, boolean dryRun) {
    ReplayRendering.json(json, recovery, null, written(done));
    json.flag("dryRun", dryRun);
    if (done == null) {
      json.number("writtenBytes", 0);
      return;
    }
    FlushResult result = done.result();
    json.number("cachedBytes", done.plan().bytes()).number("cachedRanges", done.plan().ranges());
    json.number(dryRun ? "bytesToWrite" : "writtenBytes", result.written());
    if (dryRun) {
      json.number("writtenBytes", 0);
    }
    ReplayRendering.losses(json, "notWritten", result.notWritten());
    ReplayRendering.losses(json, "notSaved", result.notSaved());
    json.object(
        "backing",
        () -> {
          json.text("path", done.path());
          if (result.sha256() != null) {
            json.text("sha256", result.sha256());
          }
          json.number("bytes", done.bytes());
          if (done.identity() != null) {
            json.text("model", done.identity().model());
            json.text("contents", done.identity().contents());
          }
        });
    FlushCommand.Cleaned cleaned = done.cleaned();
    if (cleaned != null) {
      json.object(
          "cleaned",
          () -> {
            json.text("path", cleaned.path());
            if (dryRun) {
              json.number("bytesToWrite", cleaned.written());
            }
            json.number("writtenBytes", dryRun ? 0 : cleaned.written());
          });
    }
    Saved undo = done.undo();
    if (undo != null) {
      json.object(
          "undo",
          () ->
              json.text("path", undo.path())
                  .number("savedBytes", undo.bytes())
                  .number("notSavedBytes", undo.notSaved())
                  .text("state", undo.state().toString()));
    }
  }

  static void text(
      TextReport text,
      Style style,
      Recovery recovery,
      FlushCommand.@Nullable Done done,
      boolean dryRun) {
    ReplayRendering.text(text, style, recovery, null, written(done));
    text.heading(dryRun ? "Flush (nothing was written)" : "Flush");
    if (done == null) {
      text.line("  nothing was written: there is no logical device");
      return;
    }
    FlushResult result = done.result();
    text.line(
        "  cached data of %s in %,d ranges"
            .formatted(Values.binary(done.plan().bytes()), done.plan().ranges()));
    text.line(
        "  %d bytes (%s) %s %s"
            .formatted(
                result.written(),
                Values.binary(result.written()),
                dryRun ? "would be written to" : "written to",
                style.good(done.path())));
    if (done.identity() != null) {
      text.line("  " + style.dim(done.identity().describe()));
    }
    ReplayRendering.losses(text, style, "Not written", result.notWritten(), Severity.ERROR);
    ReplayRendering.losses(text, style, "Cannot be undone", result.notSaved(), Severity.ERROR);
    FlushCommand.Cleaned cleaned = done.cleaned();
    if (cleaned != null) {
      text.line(
          (dryRun
                  ? "  %s would be emptied: about %d bytes to be written to it"
                  : "  %s is clean now: %d bytes written to it")
              .formatted(style.good(cleaned.path()), cleaned.written()));
    }
    Saved undo = done.undo();
    if (undo != null) {
      text.heading("Undo");
      text.line("  %d bytes saved in %s (%s)".formatted(undo.bytes(), undo.path(), undo.state()));
      text.line("  " + undo.promise());
    }
  }
}
