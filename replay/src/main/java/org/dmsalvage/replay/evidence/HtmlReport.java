package org.dmsalvage.replay.evidence;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.fact.Fact;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.map.RangeStatus;
import org.dmsalvage.replay.map.RecoveryMap;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;

/** The record as one HTML page that loads nothing. */
final class HtmlReport {

  /** Rows of a table; the JSON record has more. */
  private static final int ROWS = 500;

  private static final String STYLE =
      """
      :root { --ink:#1b1f24; --soft:#5b6470; --line:#d8dde3; --page:#ffffff; --card:#f5f7f9;
              --good:#1f7a4d; --risk:#a15c00; --bad:#b3261e; --none:#e3e7ec; }
      @media (prefers-color-scheme: dark) {
        :root { --ink:#e6e9ed; --soft:#9aa4b0; --line:#363d46; --page:#15181c; --card:#1e2328;
                --good:#4fbf88; --risk:#e0a03c; --bad:#f0776d; --none:#2c333b; } }
      * { box-sizing: border-box }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
             margin: 2.5rem auto; max-width: 72rem; padding: 0 1.5rem }
      h1 { font-size: 1.7rem; margin: 0 }
      h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }
      code, pre, .n { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .86em }
      pre { background: var(--card); padding: .7rem 1rem; border-radius: 6px; overflow-x: auto;
            white-space: pre-wrap; overflow-wrap: anywhere }
      .soft { color: var(--soft) }
      .banner { border-left: 5px solid var(--good); background: var(--card);
                padding: .8rem 1rem; border-radius: 4px; margin: 1.2rem 0 }
      .banner.bad { border-color: var(--bad) }
      .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr));
               gap: .8rem }
      .card { background: var(--card); border-radius: 6px; padding: .7rem 1rem }
      .card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums }
      table { border-collapse: collapse; width: 100%; font-size: .92em }
      th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0;
               border-bottom: 1px solid var(--line) }
      td { overflow-wrap: anywhere }
      td.r, th.r { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
      svg { width: 100%; height: auto; background: var(--card); border-radius: 6px; padding: 6px }
      svg rect { fill: var(--none) }
      svg .recovered rect, .key.recovered { fill: var(--good); background: var(--good) }
      svg .at-risk rect, .key.at-risk { fill: var(--risk); background: var(--risk) }
      svg .lost rect, .key.lost { fill: var(--bad); background: var(--bad) }
      .key.untouched { background: var(--none) }
      svg path { stroke: var(--page); stroke-width: 1.6; fill: none }
      .key { display: inline-block; width: .9em; height: .9em; border-radius: 2px;
             margin: 0 .4em 0 1.2em; vertical-align: -1px }
      .good { color: var(--good) } .risk { color: var(--risk) } .bad { color: var(--bad) }
      @media print { body { margin: 0; max-width: none } .card, pre, .banner { border: 1px solid } }
      """;

  private final PrintWriter out;
  private final Evidence evidence;
  private final ReplayReport report;

  HtmlReport(PrintWriter out, Evidence evidence) {
    this.out = out;
    this.evidence = evidence;
    this.report = evidence.recovery().report();
  }

  void write() {
    out.printf(
        "<!DOCTYPE html>%n<html lang=\"en\">%n<head>%n<meta charset=\"utf-8\">%n"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">%n"
            + "<title>Recovery record</title>%n<style>%n%s</style>%n</head>%n<body>%n",
        STYLE);
    heading();
    images();
    notes();
    evidence.recovery().logical().ifPresent(this::map);
    report.driver().ifPresent(this::driver);
    losses("Lost", "bad", report.lost());
    losses("At risk", "risk", report.atRisk());
    losses("Not applied", "soft", report.dropped());
    findings();
    out.printf(
        "<p class=\"soft\">Written by %s. The same record for programs: <code>%s</code>.</p>%n",
        escape(evidence.tool()), EvidenceReport.JSON);
    out.printf("</body>%n</html>%n");
  }

  private void heading() {
    out.printf("<h1>Recovery record</h1>%n");
    out.printf(
        "<p class=\"soft\">%s, %s, policy %s. Began %s, took %s.</p>%n",
        escape(report.format()),
        escape(report.variant()),
        report.policy(),
        evidence.started(),
        seconds(Duration.between(evidence.started(), evidence.finished())));
    boolean whole = evidence.exitStatus() == 0;
    out.printf(
        "<div class=\"banner%s\">%s Exit status %d.</div>%n",
        whole ? "" : " bad",
        whole
            ? "Everything that the cache holds was recovered."
            : "Not everything could be recovered, or not all of it is beyond doubt: see below.",
        evidence.exitStatus());
    out.printf("<div class=\"cards\">%n");
    card(Values.binary(report.appliedSectors() * 512), "recovered from the cache");
    card(number(report.appliedBlocks()), "blocks applied");
    card(number(report.atRisk().count()), "structures at risk");
    card(number(report.lost().count()), "structures lost");
    out.printf("</div>%n<h2>Command</h2>%n<pre>");
    out.print(escape(String.join(" ", evidence.commandLine().stream().map(this::quote).toList())));
    out.printf("</pre>%n<h2>Log</h2>%n<table>%n");
    for (Fact fact : report.position().all()) {
      Object value = fact.value();
      out.printf(
          "<tr><td>%s</td><td class=\"n\">%s</td></tr>%n",
          escape(fact.name()),
          value == null ? missing(fact.name()) : escape(Values.text(fact.unit(), value)));
    }
    out.printf("</table>%n");
  }

  /** What it means that a fact has no value. */
  private static String missing(String fact) {
    return switch (fact) {
      case "asOf" -> "the end of the log";
      case "olderLife", "ambiguousRun" -> "none";
      default -> "unknown";
    };
  }

  private void card(String value, String label) {
    out.printf("<div class=\"card\"><b>%s</b>%s</div>%n", escape(value), escape(label));
  }

  private void images() {
    out.printf(
        "<h2>Images</h2>%n<table>%n<tr><th>Role</th><th>Path</th><th class=\"r\">Bytes</th>"
            + "<th>Contents</th></tr>%n");
    for (Evidence.Image image : evidence.images()) {
      Fingerprint known = image.before() != null ? image.before() : image.after();
      out.printf(
          "<tr><td>%s</td><td>%s<br>%s</td><td class=\"r\">%s</td><td>",
          escape(image.role().name().toLowerCase(Locale.ROOT)),
          escape(image.path()),
          state(image),
          known == null ? "" : number(known.bytes()));
      fingerprint("before", image.before());
      fingerprint("after", image.after());
      out.printf("</td></tr>%n");
    }
    out.printf("</table>%n");
  }

  private void notes() {
    if (evidence.notes().isEmpty()) {
      return;
    }
    out.printf("<h2>Notes</h2>%n<table>%n<tr><th>Where</th><th>Note</th></tr>%n");
    for (Evidence.Note note : evidence.notes()) {
      out.printf(
          "<tr><td>%s<br><span class=\"n\">0x%x</span>, %s bytes%s</td><td>%s</td></tr>%n",
          escape(note.image()),
          note.offset(),
          number(note.length()),
          note.place().isEmpty() ? "" : "<br>" + escape(note.place()),
          escape(note.text()).replace("\n", "<br>"));
    }
    out.printf("</table>%n");
  }

  private static String state(Evidence.Image image) {
    if (image.unchanged()) {
      return "<span class=\"good\">unchanged</span>";
    }
    return image.written()
        ? "<span class=\"soft\">written by this command</span>"
        : "<span class=\"bad\">changed while it was read</span>";
  }

  private void fingerprint(String when, @Nullable Fingerprint fingerprint) {
    if (fingerprint == null) {
      return;
    }
    out.printf(
        "<div><span class=\"soft\">%s</span> <code>SHA-256 %s</code><br><code>MD5"
            + " %s</code>%s</div>",
        when,
        fingerprint.sha256(),
        fingerprint.md5(),
        fingerprint.unreadable().isEmpty()
            ? ""
            : "<br><span class=\"bad\">%d unreadable ranges, taken as zeros</span>"
                .formatted(fingerprint.unreadable().size()));
  }

  private void map(LogicalDevice device) {
    RecoveryMap map = new RecoveryMap(device, report);
    DevicePicture picture = DevicePicture.of(map, device.size());
    Map<RangeStatus, Long> bytes = map.bytes();
    out.printf(
        "<h2>Map of the recovered device</h2>%n<p class=\"soft\">%s bytes; a cell is %s and shows"
            + " the worst of it.</p>%n<p>",
        number(device.size()), escape(Values.binary(picture.bytesPerCell())));
    for (RangeStatus status : RangeStatus.values()) {
      out.printf(
          "<span class=\"key %s\"></span>%s, %s",
          DevicePicture.name(status),
          DevicePicture.word(status),
          escape(Values.binary(bytes.getOrDefault(status, 0L))));
    }
    out.printf("</p>%n%s", picture.svg());
  }

  private void driver(DriverOutcome driver) {
    out.printf(
        "<h2>What the driver would do</h2>%n<p><b>%s</b>%s. Write-back %s.</p>%n",
        driver.outcome(),
        driver.reason().isEmpty() ? "" : ": " + escape(driver.reason()),
        driver.writeback());
  }

  private void losses(String title, String style, LossList losses) {
    if (losses.count() == 0) {
      return;
    }
    out.printf(
        "<h2 class=\"%s\">%s: %s structures, %s sectors</h2>%n<table>%n<tr><th>Code</th>"
            + "<th>Where</th><th class=\"r\">Sectors</th><th>Why</th></tr>%n",
        style, title, number(losses.count()), number(losses.sectors()));
    for (Loss loss : losses.kept().stream().limit(ROWS).toList()) {
      out.printf(
          "<tr><td><code>%s</code></td><td>%s<br><span class=\"n\">0x%x</span></td>"
              + "<td class=\"r\">%s</td><td>%s</td></tr>%n",
          escape(loss.code()),
          escape(loss.image()),
          loss.offset(),
          loss.sectors() < 0 ? "?" : number(loss.sectors()),
          escape(loss.reason()));
    }
    out.printf("</table>%n");
    more(losses.count());
  }

  private void findings() {
    List<Finding> findings = report.findings().kept();
    if (findings.isEmpty()) {
      return;
    }
    out.printf("<h2>Findings</h2>%n<table>%n<tr><th>Code</th><th>Where</th><th>What</th></tr>%n");
    for (Finding finding : findings.stream().limit(ROWS).toList()) {
      out.printf(
          "<tr><td><code>%s</code><br><span class=\"soft\">%s</span></td><td>%s<br>"
              + "<span class=\"n\">0x%x</span></td><td>%s</td></tr>%n",
          escape(finding.code().id()),
          finding.severity().name().toLowerCase(Locale.ROOT),
          escape(finding.image()),
          finding.where().offset(),
          escape(finding.message()));
    }
    out.printf("</table>%n");
    more(findings.size());
  }

  private void more(long count) {
    if (count > ROWS) {
      out.printf("<p class=\"soft\">… and %s more.</p>%n", number(count - ROWS));
    }
  }

  private String quote(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Images may be called anything, and their bytes reach messages: nothing of it is markup. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.append(c < ' ' && c != '\n' && c != '\t' ? '\uFFFD' : c);
      }
    }
    return escaped.toString();
  }
}
