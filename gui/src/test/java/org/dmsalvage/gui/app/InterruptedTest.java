package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.tool.Tools;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ctrl-C amid what is written in place. The target is an export of a server that does not answer
 * the first write before the signal has arrived.
 */
class InterruptedTest {

  @TempDir private Path directory;
  private @Nullable ServedDisk disk;

  @AfterEach
  void endServer() {
    if (disk != null) {
      disk.close();
    }
  }

  /** {@return the URI of a file that is served} */
  private String serve(Path file, Runnable firstWrite) throws IOException {
    disk = new ServedDisk(file, directory.resolve("socket"));
    disk.beforeFirstWrite(firstWrite);
    return disk.uri();
  }

  private Path copy(String name, Path file) throws IOException {
    return Files.copy(file, directory.resolve(name));
  }

  @Test
  void aFlushCanBeGoneOnWithOrTakenBack() throws Exception {
    int blocks = 6144;
    WritecacheImage image = new WritecacheImage(4096, 8 * blocks + 256, 0, 7);
    for (int i = 0; i < blocks; i++) {
      image.put(i, 8L * i, 1, i + 1);
    }
    Path cache = Files.write(directory.resolve("cache.img"), image.commit(2).bytes());
    byte[] original = new byte[blocks * 4096];
    Arrays.fill(original, (byte) 0x5a);
    byte[] recovered = image.logical(original);
    Path backing = Files.write(directory.resolve("disk.img"), original);
    Path undo = directory.resolve("undo");
    CompletableFuture<Process> running = new CompletableFuture<>();
    String uri = serve(backing, () -> interrupt(running.join()));
    String[] command = {
      "flush", "" + cache, "--backing", uri, "--in-place", "--undo", "" + undo, "--yes"
    };

    Process process = program(command).start();
    running.complete(process);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(32, process.waitFor(), Files.readString(directory.resolve("err")));
    String err = Files.readString(directory.resolve("err"));
    assertEquals("", out);
    assertTrue(err.contains("run the same command again to go on"), err);
    assertTrue(err.contains("'dmsalvage undo " + undo + "' to go back"), err);
    byte[] stopped = Files.readAllBytes(backing);
    assertFalse(Arrays.equals(original, stopped));
    assertFalse(Arrays.equals(recovered, stopped));

    Path other = copy("disk.copy", backing);
    Run undone = Run.of("undo", copy("undo.copy", undo).toString(), "--target", other.toString());
    assertEquals(0, undone.status(), undone.err());
    assertArrayEquals(original, Files.readAllBytes(other));

    Run completed = Run.of(command);
    assertEquals(0, completed.status(), completed.err());
    assertArrayEquals(recovered, Files.readAllBytes(backing));
    assertEquals(0, Run.of("undo", undo.toString()).status());
    assertArrayEquals(original, Files.readAllBytes(backing));
  }

  private ProcessBuilder program(String... arguments) {
    // A shell's background jobs ignore the signal, and so would the program.
    List<String> command = new ArrayList<>(List.of(Tools.find("env"), "--default-signal=INT"));
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(directory.resolve("err").toFile());
  }

  /** Sends a process what Ctrl-C sends, and waits until it has noticed. */
  private static void interrupt(Process process) {
    try {
      String sent = Tools.run("sh", "-c", "kill -INT " + process.pid());
      assertEquals("", sent);
      while (process.isAlive() && !cancelling(process)) {
        Thread.sleep(5);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the thread that asks the command to stop has done so, and waits for its end. */
  private static boolean cancelling(Process process) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/%d/task".formatted(process.pid())))) {
      for (Path thread : threads.toList()) {
        String state = Files.readString(thread.resolve("stat"));
        if (state.contains("(cancel) S")) {
          return true;
        }
      }
    } catch (NoSuchFileException _) {
      // A thread has ended meanwhile.
    }
    return false;
  }

  @Test
  void aRepairCanBeGoneOnWithOrTakenBack() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wbp-o7-stale-ring").unpack(directory.resolve("set"));
    Path cache = images.cache();
    Path plog = Optional.ofNullable(images.plog()).orElseThrow();
    new Damage.FlipBit(1, 3).applyTo(cache);
    byte[] original = Files.readAllBytes(cache);
    byte[] originalLog = Files.readAllBytes(plog);
    Path repaired = directory.resolve("repaired");
    Path repairedLog = directory.resolve("repaired.plog");
    String[] outputs = {"--output", "" + repaired, "--plog-output", "" + repairedLog};
    assertEquals(1, repair(new AtomicBoolean(), "" + cache, plog, outputs).status());

    Path undo = directory.resolve("undo");
    AtomicBoolean stop = new AtomicBoolean();
    String uri = serve(cache, () -> stop.set(true));
    String[] apply = {"--apply", "--undo", "" + undo, "--yes"};
    Run run = repair(stop, uri, plog, apply);
    assertEquals(32, run.status(), run.toString());
    assertEquals("", run.out());
    assertTrue(run.err().contains("run the same command again to go on"), run.err());
    assertTrue(run.err().contains("'dmsalvage undo " + undo + "' to go back"), run.err());
    assertFalse(Arrays.equals(original, Files.readAllBytes(cache)));
    assertArrayEquals(originalLog, Files.readAllBytes(plog));

    Path otherCache = copy("cache.copy", cache);
    Path otherLog = copy("plog.copy", plog);
    String[] undoing = {
      "undo",
      copy("undo.copy", undo).toString(),
      "--target=cache=" + otherCache,
      "--target=plog=" + otherLog
    };
    Run undone = Run.of(undoing);
    assertEquals(0, undone.status(), undone.err());
    assertArrayEquals(original, Files.readAllBytes(otherCache));
    assertArrayEquals(originalLog, Files.readAllBytes(otherLog));

    Run again = repair(new AtomicBoolean(), uri, plog, apply);
    assertEquals(1, again.status(), again.err());
    assertEquals(-1, Files.mismatch(repaired, cache));
    assertEquals(-1, Files.mismatch(repairedLog, plog));
    assertEquals(0, Run.of("undo", undo.toString()).status());
    assertArrayEquals(original, Files.readAllBytes(cache));
    assertArrayEquals(originalLog, Files.readAllBytes(plog));
  }

  /** The new image is whole by then, and must not stand in the way of going on. */
  @Test
  void anEmptyingBehindANewImageCanBeGoneOnWith() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-crash").unpack(directory.resolve("set"));
    byte[] original = Files.readAllBytes(images.cache());
    Path whole = directory.resolve("whole.img");
    String backing = String.valueOf(images.backing());
    Run simple = Run.of("flush", "" + images.cache(), "--backing", backing, "--output", "" + whole);
    assertEquals(0, simple.status(), simple.err());

    AtomicBoolean stop = new AtomicBoolean();
    String uri = serve(images.cache(), () -> stop.set(true));
    Path output = directory.resolve("new.img");
    Path undo = directory.resolve("undo");
    List<String> words = new ArrayList<>(List.of("flush", uri, "--backing", backing, "--yes"));
    words.addAll(List.of("--output", "" + output, "--mark-clean", "--undo", "" + undo));
    Run stopped = run(stop, words);
    assertEquals(32, stopped.status(), stopped.toString());
    assertTrue(stopped.err().contains("run the same command again to go on"), stopped.err());
    assertEquals(-1, Files.mismatch(whole, output));

    Run completed = run(new AtomicBoolean(), words);
    assertEquals(0, completed.status(), completed.toString());
    assertTrue(completed.out().contains("is clean now"), completed.out());
    assertEquals(-1, Files.mismatch(whole, output));
    Run third = run(new AtomicBoolean(), words);
    assertEquals(8, third.status(), "nothing is left to go on with: the image is not replaced");
    assertEquals(0, Run.of("undo", undo.toString()).status());
    assertArrayEquals(original, Files.readAllBytes(images.cache()));
  }

  private static Run repair(AtomicBoolean stop, String cache, Path plog, String... more) {
    List<String> words = new ArrayList<>(List.of("repair", cache, "--plog", plog.toString()));
    words.addAll(List.of(more));
    return run(stop, words);
  }

  private static Run run(AtomicBoolean stop, List<String> words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new PrintWriter(out), new PrintWriter(err), false, false, stop, Optional.empty());
    int status = Application.run(console, Main::commands, words.toArray(String[]::new));
    return new Run(status, out.toString(), err.toString());
  }
}
