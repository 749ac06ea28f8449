package org.dmsalvage.live.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.live.control.ControlClient;
import org.dmsalvage.live.top.Display;
import org.dmsalvage.live.top.Figures;
import org.dmsalvage.live.top.Interval;
import org.dmsalvage.replay.device.Posix;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage live top}: watches a running server. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    header = "Watch what a running server does.",
    description = {
      "%nShows for each device how much clients read, write and flush, how long that takes, how"
          + " much of it the cache held, and how full the cache is. On a terminal the picture is"
          + " drawn anew until Ctrl-C, and the terminal is then as it was; elsewhere it prints a"
          + " line for each device and interval.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Watched until it was told to stop.",
      " 8:No server answers.",
      "16:Usage error."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage live top --control /run/c",
      "  dmsalvage live top --control /run/c --once",
      "  dmsalvage live top --control /run/c --json --interval 5"
    })
final class TopCommand implements Callable<Integer> {

  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  private static final long POLL_MILLIS = 20;
  private static final int LINES_A_HEADING = 20;
  private static final double MAX_INTERVAL_SECONDS = 86400;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--control",
      required = true,
      paramLabel = "FILE",
      description = "The control socket of the server, as 'live serve --control' named it.")
  private Path control = Path.of("");

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description = "How often it looks; ${DEFAULT-VALUE} s.")
  private double interval = 1;

  @Option(names = "--once", description = "Look at one interval only, and print what there was.")
  private boolean once;

  private int lines;

  TopCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!(interval >= 0.05 && interval <= MAX_INTERVAL_SECONDS)) {
      throw new UsageException("--interval: 0.05 to 86400 seconds");
    }
    Figures first = ask();
    if (console.outIsTerminal() && !common.json() && !once) {
      console.out().print(ENTER);
      try {
        show(first, first);
        console.out().flush();
        watch(first);
      } finally {
        console.out().print(LEAVE);
        console.out().flush();
      }
    } else {
      watch(first);
    }
    return ExitStatus.OK.code();
  }

  private void watch(Figures first) {
    Figures before = first;
    while (rest()) {
      Figures after = ask();
      show(before, after);
      console.out().flush();
      if (once) {
        return;
      }
      before = after;
    }
  }

  /** Waits for the next look, and says whether there is to be one. */
  private boolean rest() {
    long end = System.nanoTime() + (long) (interval * TimeUnit.SECONDS.toNanos(1));
    while (!console.stop().get()) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return true;
      }
      try {
        Thread.sleep(Math.min(left, POLL_MILLIS));
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  private Figures ask() {
    ControlClient.Answer answer = ControlClient.ask(control, List.of("metrics"));
    if (answer.status() != 0) {
      throw new UnreadableException(control.toString(), answer.text());
    }
    return Figures.parse(answer.text(), System.nanoTime());
  }

  private void show(Figures before, Figures after) {
    List<Interval> devices = Interval.between(before, after);
    if (common.json()) {
      json(after, devices);
    } else if (console.outIsTerminal()) {
      page(after, devices);
    } else {
      lines(devices);
    }
  }

  private void page(Figures after, List<Interval> devices) {
    Posix.TerminalSize size = Posix.terminalSize(1);
    String title =
        "dmsalvage live top   %s   %s   %s, %s"
            .formatted(
                control,
                now(),
                plural(devices.size(), "device"),
                plural(after.connections(), "connection"));
    Style style = console.style(common);
    PrintWriter out = console.out();
    if (once) {
      new Display(style, size.columns())
          .page(title, devices, Integer.MAX_VALUE)
          .forEach(out::println);
      return;
    }
    List<String> page = new Display(style, size.columns()).page(title, devices, size.rows());
    out.print(HOME + String.join(CLEAR_LINE + "\r\n", page) + CLEAR_LINE + CLEAR_BELOW);
  }

  private static String now() {
    return LocalTime.now(ZoneId.systemDefault()).format(TIME);
  }

  private static String plural(long count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }

  private void lines(List<Interval> devices) {
    for (Interval device : devices) {
      if (lines++ % LINES_A_HEADING == 0) {
        console.out().println("time     " + Display.HEADING);
      }
      console.out().println(now() + " " + Display.line(device));
    }
  }

  private void json(Figures after, List<Interval> devices) {
    try (JsonDocument json = JsonDocument.line(console.out(), "live-top")) {
      json.number("unixMillis", System.currentTimeMillis())
          .number("connections", after.connections())
          .array(
              "devices", () -> devices.forEach(device -> json.element(() -> json(json, device))));
    }
    console.out().println();
  }

  private static void json(JsonDocument json, Interval device) {
    json.text("name", device.name())
        .text("target", device.target())
        .number("bytes", device.now("device_size_bytes").orElse(0))
        .flag("failed", device.failed())
        .number("intervalMicros", Math.round(device.seconds() * 1e6));
    for (String operation : List.of("read", "write", "flush", "trim", "zero")) {
      json.object(
          operation,
          () -> {
            json.number("requests", device.requests(operation))
                .number("bytes", device.bytes(operation))
                .number("errors", device.errors(operation));
            optional(json, "p50Micros", device.micros(operation, 0.5));
            optional(json, "p99Micros", device.micros(operation, 0.99));
          });
    }
    json.object(
        "cache",
        () -> {
          optional(json, "bytes", device.now("cache_size_bytes"));
          optional(json, "freeBytes", device.now("cache_free_bytes"));
          optional(json, "dirtyBytes", device.now("cache_dirty_bytes"));
          optional(json, "uncommittedBytes", device.now("cache_uncommitted_bytes"));
          optional(json, "writebackBytes", device.now("cache_writeback_bytes"));
          optional(json, "highWatermarkBytes", device.now("cache_high_watermark_bytes"));
          optional(json, "lowWatermarkBytes", device.now("cache_low_watermark_bytes"));
          optional(json, "segments", device.now("log_segments"));
          optional(json, "freeSegments", device.now("log_free_segments"));
          optional(json, "logicalBytes", device.now("compressed_logical_bytes"));
          optional(json, "storedBytes", device.now("compressed_stored_bytes"));
          optional(json, "readHits", device.change("cache_read_hits"));
          optional(json, "readMisses", device.change("cache_read_misses"));
          optional(json, "writeHits", device.change("cache_write_hits"));
          optional(json, "writeMisses", device.change("cache_write_misses"));
          optional(json, "commits", device.change("cache_commits"));
          optional(json, "writtenBackBytes", device.change("cache_written_back_bytes"));
        });
  }

  private static void optional(JsonDocument json, String name, java.util.OptionalLong value) {
    value.ifPresent(number -> json.number(name, number));
  }
}
