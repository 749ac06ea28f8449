package org.dmsalvage.gui.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Measures the NBD server beside qemu-nbd(8) and nbdkit(1), over Unix sockets, in turns, best of
 * five after a warm-up, and prints a Markdown table.
 *
 * <p>Needs nbdcopy, qemu-nbd, nbdkit and fio, and 5 GiB in the directory given; in a tmpfs, or no
 * disk's speed is measured but its own.
 */
public final class LiveBenchmarks {

  private static final int RUNS = 5;
  private static final int WARM_UP_SECONDS = 8;
  private static final int FIO_SECONDS = 3;
  private static final long BYTES = 1L << 30;
  private static final int SECTOR = 512;

  private LiveBenchmarks() {}

  /** What was measured of one server. */
  private record Result(String server, double value, double p99Micros) {}

  /** A server in a process of its own. */
  private static final class Server implements AutoCloseable {
    final String name;
    final String uri;
    private final Process process;

    Server(String name, Path socket, String export, Path temporary, List<String> command)
        throws IOException, InterruptedException {
      this.name = name;
      this.uri = "nbd+unix:///" + export + "?socket=" + socket;
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().put("TMPDIR", temporary.toString());
      process =
          builder
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      while (!Files.exists(socket)) {
        if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
          throw new IOException(String.join(" ", command) + " ended");
        }
      }
    }

    @Override
    public void close() {
      process.destroy();
      Process _ = process.onExit().join();
    }
  }

  /** Takes the directory for the images. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory(Path.of(arguments[0]), "dmsalvage-live");
    try (Server ours = ours(directory);
        Server qemu = qemu(directory);
        Server nbdkit = nbdkit("nbdkit file", directory, "file");
        Server cached = nbdkit("nbdkit file, cache filter", directory, "file", "--filter=cache")) {
      System.out.println("| what | server | best of " + RUNS + " | p99 | ours beside it |");
      System.out.println("| --- | --- | --- | --- | --- |");
      copies(List.of(ours, qemu, nbdkit));
      writes(List.of(ours, qemu, cached));
    } finally {
      try (var files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }

  private static Path noise(Path file) throws IOException {
    byte[] piece = new byte[1 << 20];
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Random random = new Random(1);
      for (long at = 0; at < BYTES; at += piece.length) {
        random.nextBytes(piece);
        int _ = out.write(ByteBuffer.wrap(piece));
      }
    }
    return file;
  }

  private static Server ours(Path directory) throws IOException, InterruptedException {
    Path disk = noise(directory.resolve("ours.img"));
    Path cache = directory.resolve("ours.cache");
    try (RandomAccessFile file = new RandomAccessFile(cache.toFile(), "rw")) {
      // All of the disk fits below the high watermark.
      file.setLength(5 * BYTES / 2);
    }
    Path socket = directory.resolve("ours.sock");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The options of the launcher.
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add("org.dmsalvage.gui.app.Main");
    command.addAll(List.of("live", "serve", "--socket", socket.toString(), "--table"));
    command.add("0 %d writecache s %s %s 4096 0".formatted(BYTES / SECTOR, disk, cache));
    return new Server("dmsalvage live, writecache", socket, "writecache", directory, command);
  }

  private static Server qemu(Path directory) throws IOException, InterruptedException {
    Path disk = noise(directory.resolve("qemu.img"));
    Path socket = directory.resolve("qemu.sock");
    List<String> command =
        List.of(
            "qemu-nbd",
            "--format=raw",
            "--cache=writeback",
            "--persistent",
            "--shared=8",
            "--socket=" + socket,
            disk.toString());
    return new Server("qemu-nbd", socket, "", directory, command);
  }

  private static Server nbdkit(String name, Path directory, String plugin, String... options)
      throws IOException, InterruptedException {
    Path disk = noise(directory.resolve("nbdkit" + options.length + ".img"));
    Path socket = directory.resolve("nbdkit" + options.length + ".sock");
    List<String> command = new ArrayList<>(List.of("nbdkit", "--foreground", "--unix"));
    command.add(socket.toString());
    command.addAll(List.of(options));
    command.addAll(List.of(plugin, disk.toString()));
    return new Server(name, socket, "", directory, command);
  }

  private static void copies(List<Server> servers) throws IOException, InterruptedException {
    double[] best = new double[servers.size()];
    for (int run = -2; run < RUNS; run++) {
      for (int i = 0; i < best.length; i++) {
        long start = System.nanoTime();
        output("nbdcopy", servers.get(i).uri, "null:");
        double rate = BYTES / ((System.nanoTime() - start) / 1e9) / (1 << 30);
        best[i] = run < 0 ? 0 : Math.max(best[i], rate);
      }
    }
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < best.length; i++) {
      results.add(new Result(servers.get(i).name, best[i], Double.NaN));
    }
    print("`nbdcopy` of 1 GiB to `null:`", "%.2f GiB/s", results);
  }

  private static void writes(List<Server> servers) throws IOException, InterruptedException {
    Result[] best = new Result[servers.size()];
    for (int run = -1; run < RUNS; run++) {
      for (int i = 0; i < best.length; i++) {
        Server server = servers.get(i);
        JsonNode job = fio(server, run < 0 ? WARM_UP_SECONDS : FIO_SECONDS);
        double rate = job.path("iops").asDouble();
        double p99 = job.path("clat_ns").path("percentile").path("99.000000").asDouble() / 1e3;
        if (run <= 0 || rate > best[i].value) {
          best[i] = new Result(server.name, rate, p99);
        }
      }
    }
    print("`fio` random writes of 4 KiB, 32 at once", "%.0f/s", List.of(best));
  }

  private static JsonNode fio(Server server, int seconds) throws IOException, InterruptedException {
    String json =
        output(
            "fio",
            "--name=bench",
            "--ioengine=nbd",
            "--uri=" + server.uri,
            "--rw=randwrite",
            "--bs=4k",
            "--iodepth=32",
            "--size=" + BYTES,
            "--time_based",
            "--runtime=" + seconds,
            "--output-format=json");
    return new ObjectMapper()
        .readTree(json.substring(json.indexOf('{')))
        .path("jobs")
        .path(0)
        .path("write");
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
    return output;
  }

  private static void print(String what, String format, List<Result> results) {
    Result ours = results.getFirst();
    for (Result result : results) {
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %s | %s | %s |%n",
          what,
          result.server,
          String.format(Locale.ROOT, format, result.value),
          Double.isNaN(result.p99Micros)
              ? ""
              : String.format(Locale.ROOT, "%.0f µs", result.p99Micros),
          result.equals(ours) ? "" : String.format(Locale.ROOT, "%.2f", ours.value / result.value));
    }
  }
}
