package org.dmsalvage.inspect.cli;

import java.util.List;
import java.util.Locale;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;

/**
 * What inspect and check have in common: format, geometry, summary, findings.
 *
 * @param image the image examined
 * @param detections of all formats, the surest first; empty if the user named the format
 * @param summary what the examination counted
 * @param verified whether everything was read
 * @param findings what it found
 */
record Overview(
    CacheImage image,
    List<Detection> detections,
    Facts summary,
    boolean verified,
    Findings findings) {

  void json(JsonDocument json) {
    json.text("format", image.format()).text("variant", image.variant());
    image(json, image);
    json.flag("verified", verified);
    json.array(
        "detection",
        () ->
            detections.forEach(
                d ->
                    json.element(
                        () ->
                            json.text("format", d.format())
                                .text("confidence", word(d))
                                .array("evidence", () -> d.evidence().forEach(json::element)))));
    json.object("geometry", () -> json.facts(image.geometry()));
    json.object("summary", () -> json.facts(summary));
    json.findings(findings);
  }

  static void image(JsonDocument json, CacheImage image) {
    json.object(
        "image",
        () -> json.text("path", image.source().name()).number("bytes", image.source().size()));
  }

  void text(TextReport text, Style style) {
    text.line(style.bold(image.format()) + ", " + image.variant());
    text.line(image.source().name() + style.dim("  " + Values.binary(image.source().size())));
    if (!detections.isEmpty()) {
      text.heading("Recognised by (" + word(detections.getFirst()) + ")");
      detections.getFirst().evidence().forEach(e -> text.line("  " + e));
    }
    text.heading("Geometry").facts(image.geometry());
    text.heading(verified ? "Contents" : "Contents, by headers alone").facts(summary);
    text.findings(findings);
  }

  private static String word(Detection detection) {
    return detection.confidence().name().toLowerCase(Locale.ROOT);
  }
}
