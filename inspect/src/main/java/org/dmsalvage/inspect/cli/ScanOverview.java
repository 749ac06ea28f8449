package org.dmsalvage.inspect.cli;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.inspect.scan.Candidate;
import org.dmsalvage.inspect.scan.Candidates;

/**
 * What a scan has found.
 *
 * @param source that was scanned
 * @param path as the user gave it
 * @param base where the source begins in its image, in bytes
 * @param result what was found
 */
record ScanOverview(BlockSource source, String path, long base, Candidates.Result result) {

  /** The command that opens a candidate; empty if there is none. */
  private String command(Candidate candidate) {
    if (candidate.options().isEmpty() && candidate.offset() != 0) {
      return "";
    }
    List<String> words = new ArrayList<>(List.of("dmsalvage"));
    if (candidate.kind().equals("plog")) {
      words.add("replay");
      words.addAll(cacheOf(candidate));
      words.addAll(List.of("--plog", path));
      words.addAll(options(candidate, "--plog-offset"));
    } else {
      words.addAll(List.of("inspect", path));
      words.addAll(options(candidate, "--offset"));
    }
    return String.join(" ", words);
  }

  /** The only cache here that can have a persistent log, or a word for one elsewhere. */
  private List<String> cacheOf(Candidate plog) {
    List<Candidate> caches =
        result.candidates().stream()
            .filter(c -> !c.kind().equals(plog.kind()) && c.format().equals(plog.format()))
            .toList();
    if (caches.size() != 1) {
      return List.of("CACHE");
    }
    List<String> words = new ArrayList<>(List.of(path));
    words.addAll(options(caches.getFirst(), "--offset"));
    return words;
  }

  /** The options of a candidate, with offsets that count from the beginning of the image. */
  private List<String> options(Candidate candidate, String offsetOption) {
    List<String> words = new ArrayList<>();
    List<String> options = candidate.options();
    boolean offset = false;
    for (int i = 0; i + 1 < options.size(); i += 2) {
      String value = options.get(i + 1);
      if (options.get(i).endsWith("offset")) {
        value = String.valueOf(Long.parseLong(value) + base);
        offset = true;
      }
      words.addAll(List.of(options.get(i), value));
    }
    if (!offset && base > 0) {
      words.addAll(List.of(offsetOption, String.valueOf(base)));
    }
    return words;
  }

  void json(JsonDocument json) {
    json.text("format", "scan").text("variant", "sectors");
    json.object("image", () -> json.text("path", source.name()).number("bytes", source.size()));
    json.flag("verified", true);
    json.array("detection", () -> {});
    json.object("geometry", () -> json.number("offset", base));
    json.object(
        "summary",
        () ->
            json.number("candidates", result.candidates().size())
                .number("readBytes", result.readBytes())
                .number("unreadableBytes", result.unreadableBytes())
                .number("unprovedHeaders", result.unprovedHeaders()));
    json.array("findings", () -> {});
    json.array("candidates", () -> result.candidates().forEach(c -> candidate(json, c)));
  }

  private void candidate(JsonDocument json, Candidate candidate) {
    json.element(
        () -> {
          json.text("kind", candidate.kind())
              .text("format", candidate.format().isEmpty() ? null : candidate.format())
              .number("offset", candidate.offset() + base)
              .facts(
                  Facts.builder()
                      .bytes("size", candidate.size() < 0 ? null : candidate.size())
                      .build())
              .flag("certain", candidate.certain());
          json.array("evidence", () -> candidate.evidence().forEach(json::element));
          String command = command(candidate);
          json.text("command", command.isEmpty() ? null : command);
        });
  }

  void text(TextReport text, Style style) {
    text.line(
        style.bold(source.name())
            + style.dim("  " + Values.binary(source.size()))
            + "  %s read, the rest is holes".formatted(Values.binary(result.readBytes())));
    if (result.unreadableBytes() > 0) {
      text.line("  %d bytes cannot be read".formatted(result.unreadableBytes()));
    }
    if (result.unprovedHeaders() > 0) {
      text.line(
          "  %d possible headers of segments were too many to be proved"
              .formatted(result.unprovedHeaders()));
    }
    text.heading("Candidates");
    if (result.candidates().isEmpty()) {
      text.line("  none");
    }
    for (Candidate candidate : result.candidates()) {
      text.line(
          "  "
              + style.bold("0x%x".formatted(candidate.offset() + base))
              + "  "
              + (candidate.format().isEmpty() ? candidate.kind() : candidate.format())
              + (candidate.kind().equals("plog") ? ", persistent log" : "")
              + (candidate.kind().equals("entries") ? ", entries without a superblock" : "")
              + (candidate.size() < 0 ? "" : ", " + Values.binary(candidate.size()))
              + (candidate.certain() ? "" : style.dim("  perhaps")));
      candidate.evidence().forEach(e -> text.line(style.dim("      " + e)));
      String command = command(candidate);
      if (!command.isEmpty()) {
        text.line("      " + command);
      }
    }
  }
}
