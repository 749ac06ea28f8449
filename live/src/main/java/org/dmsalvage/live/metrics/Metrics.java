package org.dmsalvage.live.metrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.engine.Measure;
import org.dmsalvage.live.nbd.Export;
import org.dmsalvage.live.nbd.Exports;
import org.dmsalvage.live.nbd.Traffic;

/**
 * The figures of a server in the OpenMetrics text format, version 1.0.0.
 *
 * <p>Each export is a {@code device}. What clients ask is counted for all of them; what a cache
 * tells of itself, the metrics of {@link Measure}, stands beside it for those that run one.
 */
public final class Metrics {

  /** The type that HTTP calls the text. */
  static final String CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private static final int NANO_DIGITS = 9;
  private static final int MICRO_DIGITS = 6;

  private final Exports exports;
  private final IntSupplier clients;

  /** One export, and what it told of itself. */
  private record Device(Export export, Map<Measure, Long> measures) {}

  /**
   * Makes a source of figures.
   *
   * @param exports of the server
   * @param clients tells how many are connected
   */
  public Metrics(Exports exports, IntSupplier clients) {
    this.exports = exports;
    this.clients = clients;
  }

  /** {@return the figures now} */
  public String text() {
    List<Device> devices =
        exports.all().stream()
            .map(
                export ->
                    new Device(
                        export, export.device() instanceof CacheEngine e ? e.measures() : Map.of()))
            .toList();
    Exposition out = new Exposition();
    out.family("build", "info", "The program.");
    out.sample("build_info", Map.of("version", version()), "1");
    out.family("nbd_connections", "gauge", "Connections of clients.");
    out.sample("nbd_connections", Map.of(), Integer.toString(clients.getAsInt()));
    devices(out, devices);
    measures(out, devices);
    traffic(out, devices);
    return out.end();
  }

  private static String version() {
    try {
      return Application.version();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> labels(Export export, String... more) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("device", export.name());
    for (int i = 0; i < more.length; i += 2) {
      labels.put(more[i], more[i + 1]);
    }
    return labels;
  }

  private static void devices(Exposition out, List<Device> devices) {
    out.family("device", "info", "What a device is: a target of device-mapper, or a view.");
    for (Device device : devices) {
      String target =
          device.export.device() instanceof CacheEngine engine
              ? engine.table().split(" ", 4)[2]
              : "view";
      out.sample("device_info", labels(device.export, "target", target), "1");
    }
    out.family("device_size_bytes", "gauge", "Size of the device as clients see it.");
    for (Device device : devices) {
      long size = device.export.device().size();
      out.sample("device_size_bytes", labels(device.export), Long.toString(size));
    }
    out.family("device_failed", "gauge", "Whether a running cache has failed for good.");
    for (Device device : devices) {
      if (device.export.device() instanceof CacheEngine engine) {
        String value = engine.error().isPresent() ? "1" : "0";
        out.sample("device_failed", labels(device.export), value);
      }
    }
  }

  private static void measures(Exposition out, List<Device> devices) {
    Set<Measure> told = EnumSet.noneOf(Measure.class);
    devices.forEach(device -> told.addAll(device.measures.keySet()));
    for (Measure measure : told) {
      boolean counts = measure.type() == Measure.Type.COUNTER;
      out.family(measure.metric(), counts ? "counter" : "gauge", measure.help());
      for (Device device : devices) {
        Long value = device.measures.get(measure);
        if (value != null) {
          String name = measure.metric() + (counts ? "_total" : "");
          out.sample(name, labels(device.export), value.toString());
        }
      }
    }
  }

  /** Adds samples about one operation. */
  @FunctionalInterface
  private interface Samples {
    void add(Map<String, String> labels, Traffic.Figures figures);
  }

  private static void traffic(Exposition out, List<Device> devices) {
    out.family("io_bytes", "counter", "Bytes that requests of clients were about.");
    each(
        devices,
        (labels, figures) -> out.sample("io_bytes_total", labels, Long.toString(figures.bytes())));
    out.family("io_errors", "counter", "Requests of clients that failed.");
    each(
        devices,
        (labels, figures) ->
            out.sample("io_errors_total", labels, Long.toString(figures.errors())));
    out.family("io_duration_seconds", "histogram", "How long requests of clients took.");
    each(devices, (labels, figures) -> histogram(out, labels, figures));
  }

  private static void each(List<Device> devices, Samples samples) {
    for (Device device : devices) {
      Traffic traffic = device.export.traffic();
      for (Traffic.Operation operation : Traffic.Operation.values()) {
        samples.add(labels(device.export, "operation", operation.label()), traffic.of(operation));
      }
    }
  }

  private static void histogram(
      Exposition out, Map<String, String> labels, Traffic.Figures figures) {
    long below = 0;
    for (int i = 0; i <= Traffic.BOUNDS; i++) {
      below += figures.durations().get(i);
      Map<String, String> bounded = new LinkedHashMap<>(labels);
      long micros = Traffic.FIRST_BOUND_MICROS << i;
      bounded.put(
          "le",
          i == Traffic.BOUNDS
              ? "+Inf"
              : BigDecimal.valueOf(micros, MICRO_DIGITS).stripTrailingZeros().toPlainString());
      out.sample("io_duration_seconds_bucket", bounded, Long.toString(below));
    }
    String sum = BigDecimal.valueOf(figures.nanos(), NANO_DIGITS).toPlainString();
    out.sample("io_duration_seconds_count", labels, Long.toString(below));
    out.sample("io_duration_seconds_sum", labels, sum);
  }
}
