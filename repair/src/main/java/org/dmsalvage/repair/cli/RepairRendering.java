package org.dmsalvage.repair.cli;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.repair.cli.RepairCommand.Applied;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.replay.undo.Saved;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/** A plan, done or not, as JSON and as text. */
final class RepairRendering {

  /** Bytes of an action that the text shows. */
  private static final int HEX_BYTES = 64;

  private static final int REMAINING_SHOWN = 20;

  private RepairRendering() {}

  private static String image(Plan plan, Action action) {
    OpenRequest images = plan.original();
    return action.role() == Role.PLOG && images.plog() != null
        ? images.plog().name()
        : images.cache().name();
  }

  static void json(JsonDocument json, Plan plan, Applied applied, boolean hex) {
    json.text("format", plan.format());
    json.findings(plan.findings());
    json.array(
        "actions",
        () -> {
          for (Action action : plan.actions()) {
            json.element(
                () -> {
                  json.text("code", action.code().id())
                      .text("image", image(plan, action))
                      .number("offset", action.offset())
                      .number("length", action.length())
                      .text("reason", action.reason())
                      .text("risk", action.risk())
                      .text("lost", action.lost());
                  if (hex) {
                    json.text("before", HexFormat.of().formatHex(action.before()))
                        .text("after", HexFormat.of().formatHex(action.after()));
                  }
                });
          }
        });
    json.flag("applied", applied.done()).number("writtenBytes", applied.written());
    json.array(
        "remaining",
        () -> {
          for (Finding finding : plan.remaining()) {
            json.element(
                () ->
                    json.text("code", finding.code().id())
                        .text("severity", finding.severity().name().toLowerCase(Locale.ROOT))
                        .text("image", finding.image())
                        .number("offset", finding.where().offset())
                        .number("length", finding.where().length())
                        .text("message", finding.message()));
          }
        });
    Saved undo = applied.undo();
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

  static void text(TextReport text, Style style, Plan plan, Applied applied, boolean hex) {
    text.line(plan.format());
    text.findings(plan.findings());
    text.heading(applied.done() ? "Repaired" : "Plan (nothing was written)");
    if (plan.actions().isEmpty()) {
      text.line("  there is nothing to repair");
    }
    for (Action action : plan.actions()) {
      text.line(
          "  %s  %s, %d bytes at %d (0x%x)"
              .formatted(
                  style.bold(action.code().id()),
                  image(plan, action),
                  action.length(),
                  action.offset(),
                  action.offset()));
      text.line("      " + action.reason());
      note(text, "risk", action.risk());
      note(text, "lost", action.lost().isEmpty() ? "nothing" : action.lost());
      if (hex) {
        text.line("      before  " + hex(action.before()));
        text.line("      after   " + hex(action.after()));
      }
    }
    remaining(text, style, plan.remaining());
    if (applied.undo() != null) {
      text.heading("Undo");
      text.line(
          "  %d bytes saved in %s (%s)"
              .formatted(applied.undo().bytes(), applied.undo().path(), applied.undo().state()));
      text.line("  " + applied.undo().promise());
    }
  }

  private static void note(TextReport text, String name, String value) {
    if (!value.isEmpty()) {
      text.line("      %s: %s".formatted(name, value));
    }
  }

  private static String hex(byte[] bytes) {
    int shown = Math.min(bytes.length, HEX_BYTES);
    String digits = HexFormat.ofDelimiter(" ").formatHex(bytes, 0, shown);
    return shown == bytes.length ? digits : digits + " … (--json has all)";
  }

  private static void remaining(TextReport text, Style style, List<Finding> remaining) {
    if (remaining.isEmpty()) {
      return;
    }
    text.heading("What remains");
    remaining.stream()
        .limit(REMAINING_SHOWN)
        .forEach(
            finding ->
                text.line(
                    "  %s  %s"
                        .formatted(
                            style.severity(finding.severity(), finding.code().id()),
                            finding.message())));
    if (remaining.size() > REMAINING_SHOWN) {
      text.line("  … and %d more".formatted(remaining.size() - REMAINING_SHOWN));
    }
  }
}
