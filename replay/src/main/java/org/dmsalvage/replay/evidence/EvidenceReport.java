package org.dmsalvage.replay.evidence;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.replay.output.OutputFile;
import org.jspecify.annotations.Nullable;

/**
 * Writes the record of a recovery into a directory of its own: {@value #JSON} for programs and
 * {@value #HTML}, one file that needs nothing else, for people.
 */
public final class EvidenceReport {

  /** The record for programs. */
  public static final String JSON = "report.json";

  /** The record for people. */
  public static final String HTML = "report.html";

  private EvidenceReport() {}

  /**
   * Makes the directory, before anything else is done.
   *
   * @param directory must not exist, or be empty
   * @throws OutputException if it is in use or cannot be made
   */
  public static void prepare(Path directory) {
    try {
      Files.createDirectories(directory);
      try (Stream<Path> files = Files.list(directory)) {
        if (files.findAny().isPresent()) {
          throw new OutputException(directory.toString(), "is not empty");
        }
      }
    } catch (IOException e) {
      throw new OutputException(directory.toString(), "cannot make the directory", e);
    }
  }

  /**
   * Writes both files.
   *
   * @param directory as {@link #prepare} left it
   * @throws OutputException if they cannot be written
   */
  public static void write(Path directory, Evidence evidence) {
    try (OutputFile file = new OutputFile(directory.resolve(JSON), false, List.of())) {
      PrintWriter out = file.text();
      try (JsonDocument json = JsonDocument.begin(out, "report")) {
        json(json, evidence);
      }
      out.println();
      out.flush();
      file.complete();
    }
    try (OutputFile file = new OutputFile(directory.resolve(HTML), false, List.of())) {
      PrintWriter out = file.text();
      new HtmlReport(out, evidence).write();
      out.flush();
      file.complete();
    }
  }

  private static void json(JsonDocument json, Evidence evidence) {
    json.text("tool", evidence.tool())
        .array("commandLine", () -> evidence.commandLine().forEach(json::element))
        .text("started", evidence.started().toString())
        .text("finished", evidence.finished().toString())
        .number("exitStatus", evidence.exitStatus())
        .array("images", () -> evidence.images().forEach(image -> image(json, image)))
        .array("notes", () -> evidence.notes().forEach(note -> note(json, note)))
        .object("result", () -> evidence.result().accept(json));
  }

  private static void image(JsonDocument json, Evidence.Image image) {
    json.element(
        () -> {
          json.text("role", image.role().name().toLowerCase(Locale.ROOT))
              .text("path", image.path())
              .flag("written", image.written())
              .flag("unchanged", image.unchanged());
          fingerprint(json, "before", image.before());
          fingerprint(json, "after", image.after());
        });
  }

  private static void note(JsonDocument json, Evidence.Note note) {
    json.element(
        () ->
            json.text("image", note.image())
                .number("offset", note.offset())
                .number("length", note.length())
                .text("place", note.place())
                .text("text", note.text()));
  }

  private static void fingerprint(
      JsonDocument json, String name, @Nullable Fingerprint fingerprint) {
    if (fingerprint == null) {
      json.text(name, null);
      return;
    }
    json.object(
        name,
        () ->
            json.number("bytes", fingerprint.bytes())
                .text("sha256", fingerprint.sha256())
                .text("md5", fingerprint.md5())
                .array(
                    "unreadable",
                    () ->
                        fingerprint
                            .unreadable()
                            .forEach(
                                range ->
                                    json.element(
                                        () ->
                                            json.number("offset", range.offset())
                                                .number("length", range.length())))));
  }
}
