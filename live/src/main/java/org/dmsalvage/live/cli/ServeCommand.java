package org.dmsalvage.live.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.live.control.ControlServer;
import org.dmsalvage.live.control.Devices;
import org.dmsalvage.live.metrics.Metrics;
import org.dmsalvage.live.metrics.MetricsServer;
import org.dmsalvage.live.nbd.Export;
import org.dmsalvage.live.nbd.Exports;
import org.dmsalvage.live.nbd.NbdServer;
import org.dmsalvage.live.nbd.TlsPolicy;
import org.dmsalvage.live.view.CachedRuns;
import org.dmsalvage.live.view.Overlay;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.cli.RecoveryOptions;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage live serve}: devices for NBD clients. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    header = "Serve the recovered view of a crashed cache, or a running cache, over NBD.",
    description = {
      "%nWith CACHE, replays the cache as 'dmsalvage replay' does, takes the same options, and"
          + " serves the logical device at once, without writing it anywhere: under the name"
          + " 'recovered', which is also the default. The images are served beside it as they are,"
          + " read-only: 'cache', and 'backing' and 'plog' if they are given.",
      "Without CACHE, --table names a device to run as the kernel would, with its backing and cache"
          + " device, which are written: target writecache, or writeboost (2014, type 0 and 1 with"
          + " a plog device; 2.x). Its arguments, limits, on-disk format and order of writes are"
          + " those of the driver, but for read_cache_threshold of 2.x: it is taken, and reads are"
          + " not cached. It is served under the name of its target; dmsalvage:dirty tells what is"
          + " only in the cache (1).",
      "In mode p of writecache, a cache device that is no persistent memory is mapped like it.",
      "Or target insitu_comp, which keeps the data of one device compressed. A device is formatted"
          + " only if it is blank: superblock and bitmap are zeros. dmsalvage:dirty tells what"
          + " waits in memory for the next commit.",
      "Prints the address of each export, and serves until it is interrupted or terminated; a"
          + " running cache is committed then.",
      "The metadata context dmsalvage:dirty of 'recovered' tells what comes from the cache (1) and"
          + " what clients have written to the overlay (2).",
      "No image named by CACHE, --backing or --plog is ever written.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Served until it was told to stop.",
      " 4:With --policy driver: the driver would give no device, so there is none to serve.",
      " 8:Operational error: unreadable input, unknown format, the socket cannot be had.",
      "16:Usage error.",
      "32:Cancelled before there was anything to serve."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage live serve --read-only cache.img --backing disk.img --socket /run/r.sock",
      "  dmsalvage live serve --overlay changes.ovl cache.img --backing disk.img --listen 10809",
      "  dmsalvage live serve --table '0 65536 writecache s disk.img cache.img 4096 0'",
      "  dmsalvage live serve --table '0 65536 insitu_comp ssd.img writeback 5'",
      "  dmsalvage live serve --table '0 65536 writeboost disk.img cache.img'",
      "  nbdinfo --map=dmsalvage:dirty 'nbd+unix:///recovered?socket=/run/r.sock'",
      "  nbdcopy -- [ dmsalvage live serve --read-only cache.img --backing disk.img ] out.img"
    })
public final class ServeCommand implements Callable<Integer> {

  private static final long STOP_POLL_MILLIS = 50;
  private static final String NAME = "recovered";
  private static final String DESCRIPTION = "what the crashed cache and its backing device hold";

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private RecoveryOptions recoveryOptions = new RecoveryOptions();
  @Mixin private ListenOptions listen = new ListenOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = "--read-only", description = "Serve the recovered view for reading only.")
  private boolean readOnly;

  @Option(
      names = "--overlay",
      paramLabel = "FILE",
      description =
          "Serve the recovered view for writing: what clients write goes to this file, and no image"
              + " is touched. It is made if it does not exist; later runs over the same images go"
              + " on with it.")
  private @Nullable Path overlay;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What the device that --table describes is called; the name of its target.")
  private @Nullable String name;

  @Option(
      names = "--control",
      paramLabel = "FILE",
      description =
          "Listen for commands about running caches on this Unix socket: 'dmsalvage live create',"
              + " 'status' and the others. More devices can be started then, and there may be none"
              + " at first.")
  private @Nullable Path control;

  @Option(
      names = "--metrics",
      paramLabel = "[HOST:]PORT",
      description =
          "Answer HTTP requests for /metrics with counters and gauges in the OpenMetrics format:"
              + " on this TCP port, of this machine alone (127.0.0.1) unless HOST says otherwise; 0"
              + " for any port that is free.")
  private @Nullable String metrics;

  /** Makes the command. */
  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (images.cache().isEmpty()) {
      return runCache();
    }
    if (control != null || name != null) {
      throw new UsageException("--control and --name are for running caches, without CACHE");
    }
    if (readOnly == (overlay != null)) {
      throw new UsageException("say either --read-only or --overlay FILE");
    }
    Optional<TlsPolicy> tls = listen.policy();
    try (ImageOptions.Opened opened = images.open()) {
      Recovery recovery =
          Replayers.replay(recoveryOptions.request(opened.request(), console.progress(common)));
      if (recovery.logical().isEmpty()) {
        console.warn(common, "there is nothing to serve: " + reason(recovery.report()));
        return ExitStatus.UNCORRECTED.code();
      }
      warn(recovery.report());
      LogicalDevice device = recovery.logical().get();
      CachedRuns dirty = CachedRuns.of(device, Export.STATE_DIRTY);
      List<Export> exports = asTheyAre(opened.request());
      if (overlay == null) {
        exports.addFirst(new Export(NAME, DESCRIPTION, device).withDirty(dirty));
        List<Export> all = List.copyOf(exports);
        serve(() -> all, Optional.empty(), tls);
      } else {
        Sources.refuseInput(overlay, images.paths());
        try (Overlay writable = Overlay.open(device, overlay)) {
          exports.addFirst(
              new Export(NAME, DESCRIPTION, writable).withDirty(writable.extents(dirty)));
          List<Export> all = List.copyOf(exports);
          serve(() -> all, Optional.empty(), tls);
          return end(writable::flush);
        }
      }
    }
    return ExitStatus.OK.code();
  }

  private Integer runCache() {
    String line = images.table();
    boolean nothing = line == null && control == null;
    if (nothing || readOnly || overlay != null || images.paths().size() > 1) {
      throw new UsageException(
          "say CACHE with --read-only or --overlay; or --table, which names all devices, or"
              + " --control, or both");
    }
    Optional<TlsPolicy> tls = listen.policy();
    try (Devices devices = new Devices()) {
      if (line != null) {
        DmTable table = DmTable.parse(line);
        devices.create(name == null ? table.target() : name, table, Path.of(""));
      }
      serve(devices, Optional.of(devices), tls);
      return end(devices::close);
    }
  }

  /** The user has ended the server, as is usual: what fails then is a failure all the same. */
  private int end(Runnable makeDurable) {
    try {
      makeDurable.run();
      return ExitStatus.OK.code();
    } catch (OutputException e) {
      console.err().println("dmsalvage: " + e.getMessage());
      console.err().flush();
      return e.exitStatus().code();
    }
  }

  private void warn(String message) {
    console.warn(common, message);
  }

  private static String reason(ReplayReport report) {
    return report
        .driver()
        .map(driver -> "the driver would " + driver.outcome() + ": " + driver.reason())
        .orElse("the cache gives no device");
  }

  private void warn(ReplayReport report) {
    boolean refused =
        report
            .driver()
            .filter(_ -> report.policy() == Policy.DRIVER)
            .filter(driver -> driver.outcome() != DriverOutcome.Outcome.ACCEPT)
            .isPresent();
    if (refused) {
      console.warn(common, reason(report));
    }
    if (report.lost().count() > 0 || report.atRisk().count() > 0) {
      console.warn(
          common,
          "%d ranges are lost and %d at risk; 'dmsalvage replay' lists them"
              .formatted(report.lost().count(), report.atRisk().count()));
    }
  }

  private static List<Export> asTheyAre(OpenRequest images) {
    List<Export> exports = new ArrayList<>();
    exports.add(asItIs("cache", images.cache()));
    BlockSource backing = images.backing();
    if (backing != null) {
      exports.add(asItIs("backing", backing));
    }
    BlockSource plog = images.plog();
    if (plog != null) {
      exports.add(asItIs("plog", plog));
    }
    return exports;
  }

  private static Export asItIs(String name, BlockSource image) {
    return new Export(name, image.name() + " as it is", image);
  }

  private void serve(Exports exports, Optional<Devices> running, Optional<TlsPolicy> tls) {
    NbdServer server = new NbdServer(exports, tls, this::warn);
    Metrics figures = new Metrics(exports, server::clients);
    try (@Nullable Listener commands = control == null ? null : Listener.unix(control);
        @Nullable ControlServer _ =
            commands == null
                ? null
                : new ControlServer(
                    running.orElseThrow(), commands.channel(), figures::text, this::warn);
        @Nullable MetricsServer http =
            metrics == null
                ? null
                : new MetricsServer(Listener.address("--metrics", metrics), figures::text)) {
      serve(server, exports, http == null ? null : http.url());
    }
  }

  private void serve(NbdServer server, Exports exports, @Nullable String metricsUrl) {
    if (listen.stdio) {
      // Closing these streams is the client's affair, and the program's end closes them.
      @SuppressWarnings("resource")
      FileInputStream in = new FileInputStream(FileDescriptor.in);
      @SuppressWarnings("resource")
      FileOutputStream out = new FileOutputStream(FileDescriptor.out);
      try (server) {
        server.serve(in.getChannel(), out.getChannel());
      }
      return;
    }
    try (Listener listener = Listener.open(listen, System.getenv());
        server) {
      server.listen(listener.channel());
      if (!listener.passed()) {
        announce(exports.all(), listener, metricsUrl);
      }
      while (!console.stop().get()) {
        Thread.sleep(STOP_POLL_MILLIS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void announce(List<Export> exports, Listener listener, @Nullable String metricsUrl) {
    boolean secured = listen.tls == ListenOptions.Tls.REQUIRE;
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "live-serve")) {
        json.array(
            "exports",
            () -> {
              for (Export export : exports) {
                json.element(
                    () ->
                        json.text("name", export.name())
                            .text("description", export.description())
                            .number("bytes", export.device().size())
                            .flag("readOnly", export.isReadOnly())
                            .text("uri", listener.uri(export.name(), secured)));
              }
            });
        if (metricsUrl != null) {
          json.text("metrics", metricsUrl);
        }
      }
      console.out().println();
    } else {
      for (Export export : exports) {
        console
            .out()
            .printf(
                "%-10s %8s  %-10s %s%n",
                export.name(),
                Values.binary(export.device().size()),
                export.isReadOnly() ? "read-only" : "writable",
                listener.uri(export.name(), secured));
      }
      if (metricsUrl != null) {
        console.out().printf("%-31s %s%n", "metrics", metricsUrl);
      }
    }
    console.out().flush();
  }
}
