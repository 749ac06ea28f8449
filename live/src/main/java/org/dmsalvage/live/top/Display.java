package org.dmsalvage.live.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.Values;

/** Lays out what devices do: a few lines each for a terminal, one line each for a log. */
public final class Display {

  /** What stands above the lines of {@link #line}. */
  public static final String HEADING =
      "%-12s %9s %9s %9s %9s %8s %6s %9s %9s %8s"
          .formatted(
              "device",
              "reads/s",
              "read/s",
              "writes/s",
              "written/s",
              "flush/s",
              "hits",
              "dirty",
              "free",
              "p99");

  private static final int MAX_BAR = 100;

  private final Style style;
  private final int width;

  /**
   * Makes a layout.
   *
   * @param width columns of the terminal
   */
  public Display(Style style, int width) {
    this.style = style;
    this.width = Math.max(width, 40);
  }

  /** {@return what one device did, in one line} */
  public static String line(Interval device) {
    return "%-12s %9s %9s %9s %9s %8s %6s %9s %9s %8s%s"
        .formatted(
            device.name(),
            count(device.rate(device.requests("read"))),
            bytes(device.rate(device.bytes("read"))),
            count(device.rate(device.requests("write"))),
            bytes(device.rate(device.bytes("write"))),
            count(device.rate(device.requests("flush"))),
            hits(device, "read", "write"),
            size(device.now("cache_dirty_bytes")),
            size(device.now("cache_free_bytes")),
            duration(slowest(device)),
            device.failed() ? " failed" : "");
  }

  private static OptionalLong slowest(Interval device) {
    OptionalLong read = device.micros("read", 0.99);
    OptionalLong write = device.micros("write", 0.99);
    return read.isEmpty() || (write.isPresent() && write.getAsLong() > read.getAsLong())
        ? write
        : read;
  }

  /** {@return what all devices do, as lines that fit the terminal} */
  public List<String> page(String title, List<Interval> devices, int height) {
    List<String> lines = new ArrayList<>(List.of(cut(title), ""));
    int shown = 0;
    for (Interval device : devices) {
      List<String> block = block(device);
      int rest = shown + 1 < devices.size() ? 1 : 0;
      if (lines.size() + block.size() + rest > height && shown > 0) {
        lines.add(cut("and %d more".formatted(devices.size() - shown)));
        break;
      }
      lines.addAll(block);
      shown++;
    }
    if (devices.isEmpty()) {
      lines.add("no devices");
    }
    return List.copyOf(lines.subList(0, Math.min(lines.size(), height)));
  }

  private String cut(String line) {
    return cut(line, 0);
  }

  /** Leaves some columns free. */
  private String cut(String line, int free) {
    return line.substring(0, Math.min(line.length(), Math.max(width - free, 0)));
  }

  private List<String> block(Interval device) {
    List<String> lines = new ArrayList<>();
    String size = Values.binary(device.now("device_size_bytes").orElse(0));
    String head = "  %s  %s".formatted(device.target(), size);
    String failed = device.failed() ? "  failed" : "";
    lines.add(
        style.bold(cut(device.name(), head.length() + failed.length()))
            + head
            + (device.failed() ? style.severity(Severity.ERROR, failed) : ""));
    lines.add(io(device, "read", hits(device, "read")));
    lines.add(io(device, "write", hits(device, "write")));
    lines.add(io(device, "flush", "-"));
    if (device.requests("trim") + device.requests("zero") > 0) {
      lines.add(io(device, "trim", "-"));
      lines.add(io(device, "zero", "-"));
    }
    cache(device, lines);
    commits(device, lines);
    log(device, lines);
    lines.add("");
    return lines;
  }

  private String io(Interval device, String operation, String hits) {
    long errors = device.errors(operation);
    String line =
        "  %-5s %8s/s  %9s/s  p50 %8s  p99 %8s"
            .formatted(
                operation,
                count(device.rate(device.requests(operation))),
                bytes(device.rate(device.bytes(operation))),
                duration(device.micros(operation, 0.5)),
                duration(device.micros(operation, 0.99)));
    line += hits.equals("-") ? "" : "  hits %4s".formatted(hits);
    if (errors == 0) {
      return cut(line);
    }
    String failed = errors + " failed";
    return cut(line, failed.length() + 2) + "  " + style.severity(Severity.ERROR, failed);
  }

  private void cache(Interval device, List<String> lines) {
    long size = device.now("cache_size_bytes").orElse(0);
    if (size == 0) {
      return;
    }
    long dirty = device.now("cache_dirty_bytes").orElse(0);
    long writeback = device.now("cache_writeback_bytes").orElse(0);
    OptionalLong high = device.now("cache_high_watermark_bytes");
    OptionalLong low = device.now("cache_low_watermark_bytes");
    OptionalLong free = device.now("cache_free_bytes");
    lines.add(
        cut(
            "  cache %s dirty of %s (%s)%s"
                .formatted(
                    Values.binary(dirty),
                    Values.binary(size),
                    percent(dirty, size),
                    free.isPresent() ? ", " + size(free) + " free" : "")));
    lines.add("  " + bar(size, dirty, writeback, high, low));
    OptionalLong writtenBack = device.change("cache_written_back_bytes");
    if (writtenBack.isEmpty()) {
      return;
    }
    String back =
        "  write-back %s/s, %s under way"
            .formatted(bytes(device.rate(writtenBack.getAsLong())), Values.binary(writeback));
    if (high.isPresent() && low.isPresent()) {
      back +=
          ", from %s down to %s"
              .formatted(percent(high.getAsLong(), size), percent(low.getAsLong(), size));
    }
    lines.add(cut(back));
  }

  private void commits(Interval device, List<String> lines) {
    OptionalLong commits = device.change("cache_commits");
    if (commits.isPresent()) {
      lines.add(
          cut(
              "  commits %s/s, uncommitted %s"
                  .formatted(
                      count(device.rate(commits.getAsLong())),
                      size(device.now("cache_uncommitted_bytes")))));
    }
  }

  /** How full the cache is; the marks are those at which write-back begins and ends. */
  private String bar(long size, long dirty, long writeback, OptionalLong high, OptionalLong low) {
    int length = Math.min(width - 4, MAX_BAR);
    StringBuilder bar = new StringBuilder();
    for (int i = 0; i < length; i++) {
      double at = (i + 0.5) * size / length;
      bar.append(at < writeback ? '▓' : at < dirty ? '█' : '░');
    }
    mark(bar, high, size);
    mark(bar, low, size);
    return "▕" + bar + "▏";
  }

  private static void mark(StringBuilder bar, OptionalLong where, long size) {
    if (where.isPresent() && where.getAsLong() > 0 && where.getAsLong() < size) {
      bar.setCharAt((int) (where.getAsLong() * bar.length() / size), '│');
    }
  }

  private void log(Interval device, List<String> lines) {
    OptionalLong segments = device.now("log_segments");
    if (segments.isPresent()) {
      long free = device.now("log_free_segments").orElse(0);
      lines.add(cut("  log of %d segments, %d free".formatted(segments.getAsLong(), free)));
    }
    OptionalLong logical = device.now("compressed_logical_bytes");
    if (logical.isPresent()) {
      long stored = device.now("compressed_stored_bytes").orElse(0);
      lines.add(
          cut(
              "  %s stored in %s (%s)"
                  .formatted(
                      Values.binary(logical.getAsLong()),
                      Values.binary(stored),
                      percent(stored, logical.getAsLong()))));
    }
  }

  private static String hits(Interval device, String... operations) {
    long hits = 0;
    long all = 0;
    for (String operation : operations) {
      long found = device.change("cache_" + operation + "_hits").orElse(0);
      hits += found;
      all += found + device.change("cache_" + operation + "_misses").orElse(0);
    }
    return all == 0 ? "-" : percent(hits, all);
  }

  private static String percent(long part, long whole) {
    return whole == 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100.0 * part / whole);
  }

  private static String size(OptionalLong bytes) {
    return bytes.isPresent() ? Values.binary(bytes.getAsLong()) : "-";
  }

  private static String bytes(double bytes) {
    return Values.binary(Math.round(bytes));
  }

  private static String count(double count) {
    return count < 10 && count > 0
        ? String.format(Locale.ROOT, "%.1f", count)
        : Long.toString(Math.round(count));
  }

  private static String duration(OptionalLong micros) {
    if (micros.isEmpty()) {
      return "-";
    }
    long value = micros.getAsLong();
    if (value < 1000) {
      return value + " µs";
    }
    return value < 1_000_000
        ? String.format(Locale.ROOT, "%.1f ms", value / 1e3)
        : String.format(Locale.ROOT, "%.1f s", value / 1e6);
  }
}
