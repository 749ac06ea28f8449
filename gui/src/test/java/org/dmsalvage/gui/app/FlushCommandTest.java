package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What flush and undo refuse, ask and promise. */
class FlushCommandTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  private String cache = "";
  private Path disk = Path.of("");
  private Path undo = Path.of("");
  private byte[] original = {};

  @BeforeEach
  void unpack() throws IOException {
    GoldenSet set = GoldenSets.get("wb-o7-unwrapped-crash");
    GoldenSet.Images images = set.unpack(directory.resolve("set"));
    cache = images.cache().toString();
    disk = Optional.ofNullable(images.backing()).orElseThrow();
    undo = directory.resolve("disk.undo");
    original = Files.readAllBytes(disk);
  }

  private Run flush(String... more) {
    List<String> arguments = new ArrayList<>(List.of("flush", cache, "--backing", disk.toString()));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray(String[]::new));
  }

  private Run inPlace(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--in-place", "--undo", undo.toString(), "--yes"));
    arguments.addAll(List.of(more));
    return flush(arguments.toArray(String[]::new));
  }

  private void untouched(int status, String message, Run run) throws IOException {
    assertEquals(status, run.status(), run.toString());
    assertTrue(run.err().contains(message), run.err());
    assertEquals("", run.out());
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void explainsUsageErrors() throws IOException {
    Path image = directory.resolve("new.img");
    String undoName = undo.toString();
    untouched(16, "either --output or --in-place", flush());
    untouched(16, "either", flush("--in-place", "--output", image.toString()));
    untouched(16, "needs --undo", flush("--in-place", "--yes"));
    untouched(16, "goes with --in-place", flush("--output", image.toString(), "--undo", undoName));
    untouched(16, "needs --backing", Run.of("flush", cache, "--output", image.toString()));
    untouched(16, "no terminal to ask on", flush("--in-place", "--undo", undoName));
    assertFalse(Files.exists(undo));
    String insitu =
        GoldenSets.get("is-lzo-wb-crash").unpack(directory.resolve("is")).cache().toString();
    Run useless = Run.of("replay", insitu, "--backing", disk.toString());
    assertTrue(useless.err().contains("--backing is not used"), useless.err());
    untouched(16, "no disk behind", Run.of("flush", insitu, "--in-place", "--undo", undoName));
  }

  @Test
  void writesOnlyOnceAsked() throws IOException {
    assertEquals(32, answer("no\n").status());
    assertArrayEquals(original, Files.readAllBytes(disk));
    Run run = answer("yes\n");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains(disk.toString()), run.err());
    assertTrue(run.err().contains(original.length + " bytes"), run.err());
    assertFalse(Arrays.equals(original, Files.readAllBytes(disk)));
  }

  private Run answer(String typed) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new PrintWriter(out),
            new PrintWriter(err),
            false,
            true,
            new AtomicBoolean(),
            Optional.of(new BufferedReader(new StringReader(typed))));
    int status =
        Application.run(
            console,
            Main::commands,
            "flush",
            cache,
            "--backing",
            disk.toString(),
            "--in-place",
            "--undo",
            undo.toString());
    return new Run(status, out.toString(), err.toString());
  }

  @Test
  void refusesTheWrongDisk() throws IOException {
    untouched(8, "the table line says", inPlace("--table", "0 16 writeboost 0 a b"));
    Path small = directory.resolve("small.img");
    Files.write(small, Arrays.copyOf(original, 1 << 20));
    Run run = Run.of("flush", cache, "--backing", small.toString(), "--output", small + ".new");
    assertEquals(8, run.status(), run.toString());
    assertTrue(run.err().contains("addresses behind that"), run.err());
    Run other =
        Run.of(
            "flush", cache, "--backing", cache, "--in-place", "--undo", undo.toString(), "--yes");
    assertEquals(8, other.status(), other.toString());
    assertFalse(Files.exists(undo));
  }

  @Test
  void refusesADiskThatIsLocked() throws IOException {
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      assertTrue(lock.isValid());
      untouched(8, "is locked by another program", inPlace());
    }
  }

  @Test
  void refusesAnUndoFileThatIsSomethingElse() throws IOException {
    Files.writeString(undo, "precious");
    untouched(8, "no header of an undo file", inPlace());
    assertEquals("precious", Files.readString(undo));
    untouched(8, "is an input", flush("--in-place", "--undo", disk.toString(), "--yes"));
  }

  @Test
  void undoRestoresAndRefuses() throws IOException {
    Run run = inPlace();
    assertEquals(0, run.status(), run.err());
    byte[] flushed = Files.readAllBytes(disk);
    assertNotEquals(-1, Arrays.mismatch(original, flushed));

    String mine = cache;
    GoldenSet other = GoldenSets.get("wb-o7-torn-tail-wrapped");
    cache = other.unpack(directory.resolve("other")).cache().toString();
    Run others = inPlace();
    cache = mine;
    assertEquals(8, others.status(), others.toString());
    assertTrue(others.err().contains("another cache, disk or options"), others.err());

    byte[] foreign = flushed.clone();
    foreign[Arrays.mismatch(original, flushed)] ^= 0x55;
    Files.write(disk, foreign);
    Run refused = Run.of("undo", undo.toString());
    assertEquals(8, refused.status(), refused.toString());
    assertTrue(refused.err().contains("neither"), refused.err());
    assertArrayEquals(foreign, Files.readAllBytes(disk));
    assertEquals(8, inPlace().status(), "somebody else has written");

    Path moved = Files.move(disk, directory.resolve("moved.img"));
    assertEquals(8, Run.of("undo", undo.toString()).status());
    Run forced = Run.of("undo", undo.toString(), "--target", moved.toString(), "--force");
    assertEquals(0, forced.status(), forced.err());
    assertArrayEquals(original, Files.readAllBytes(moved));
    Run again = Run.of("undo", undo.toString(), "--target", "backing=" + moved);
    assertEquals(0, again.status(), again.err());
    assertArrayEquals(original, Files.readAllBytes(moved));

    Path cut = Files.write(directory.resolve("cut"), Arrays.copyOf(original, 4096));
    assertEquals(8, Run.of("undo", undo.toString(), "--target", cut.toString()).status());
  }

  @Test
  void undoExplainsWhatItCannotUse() {
    assertEquals(16, Run.of("undo").status());
    assertEquals(8, Run.of("undo", directory.toString()).status());
    Run missing = Run.of("undo", undo.toString());
    assertEquals(8, missing.status());
    assertTrue(missing.err().contains("no such file"), missing.err());
    assertEquals(8, Run.of("undo", cache).status());
    assertTrue(Run.of("undo", "--help").out().contains("Exit status:"));
    assertTrue(Run.of("flush", "--help").out().contains("Examples:"));
  }

  /** Once it is written, the disk holds what it differed in. */
  @Test
  void tellsHowTheDriverWouldHaveDifferedBeforeItWrites() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    cache = images.cache().toString();
    disk = Optional.ofNullable(images.backing()).orElseThrow();
    JsonNode tried = JSON.readTree(flush("--in-place", "--dry-run", "--json").out());
    Path record = directory.resolve("record");
    Run run = inPlace("--json", "--report", record.toString());
    assertEquals(0, run.status(), run.err());
    assertTrue(tried.path("differences").size() > 100, tried.toString());
    assertEquals(tried.path("differences"), JSON.readTree(run.out()).path("differences"));
    JsonNode kept = JSON.readTree(record.resolve("report.json").toFile());
    assertEquals(tried.path("differences"), kept.at("/result/differences"));
    JsonNode again = JSON.readTree(inPlace("--json").out());
    assertEquals(0, again.path("writtenBytes").asLong());
    assertEquals(tried.path("differences"), again.path("differences"));
  }

  @Test
  void saysWhereTheSizeComesFrom() {
    Run alone = Run.of("replay", cache);
    assertTrue(alone.out().contains("up to the end of the last address"), alone.out());
    Run asked = Run.of("replay", cache, "--logical-size", "16M", "--range", "4K..8K");
    assertTrue(asked.out().contains("4096 bytes (4.0 KiB), of 16777216, as --logical-size says"));
    Run over = flush("--output", directory.resolve("new.img").toString());
    assertTrue(over.out().contains("as many as " + disk + " has"), over.out());
  }

  @Test
  void doesNotPromiseWhatUndoCannotKeep() throws IOException {
    JsonNode plan = JSON.readTree(flush("--in-place", "--dry-run", "--json").out());
    assertTrue(plan.path("bytesToWrite").asLong() > 0);
    Path list = directory.resolve("list");
    assertEquals(0, flush("--in-place", "--dry-run", "--list-dirty", list.toString()).status());
    long first = Long.parseLong(Files.readAllLines(list).get(1).replaceFirst(",.*", ""));
    try (ServedDisk served = new ServedDisk(disk, directory.resolve("socket"))) {
      served.loseSector(first / 512);
      Run run =
          Run.of(
              "flush",
              cache,
              "--backing",
              served.uri(),
              "--in-place",
              "--undo",
              undo.toString(),
              "--yes");
      assertEquals(4, run.status(), run.toString());
      assertTrue(run.out().contains("FL-NOT-SAVED"), run.out());
      assertTrue(run.out().contains("restores what was, all but 512 bytes"), run.out());
    }
    byte[] expected = original.clone();
    byte[] flushed = Files.readAllBytes(disk);
    System.arraycopy(flushed, (int) first, expected, (int) first, 512);
    Run back = Run.of("undo", undo.toString(), "--target", disk.toString());
    assertEquals(4, back.status(), back.toString());
    assertArrayEquals(expected, Files.readAllBytes(disk));
  }

  @Test
  void neverWritesOverTheCacheThatItReads() throws IOException {
    byte[] dirty = Files.readAllBytes(Path.of(cache));
    Path link = Files.createLink(directory.resolve("link"), Path.of(cache));
    for (String itself : List.of(cache, link.toString())) {
      String[] words = {"flush", cache, "--backing", itself, "--in-place", "--yes", "--force"};
      List<String> command = new ArrayList<>(List.of(words));
      command.addAll(List.of("--undo", undo.toString()));
      Run run = Run.of(command.toArray(String[]::new));
      assertEquals(8, run.status(), run.toString());
      assertTrue(run.err().contains("would write over the cache itself"), run.err());
    }
    assertArrayEquals(dirty, Files.readAllBytes(Path.of(cache)));
    assertFalse(Files.exists(undo));
  }

  @Test
  void saysThatADirectoryIsMissing() {
    String nowhere = directory.resolve("none/file").toString();
    for (Run run :
        List.of(
            flush("--output", nowhere),
            flush("--in-place", "--undo", nowhere, "--yes"),
            flush("--output", undo.toString(), "--map", nowhere))) {
      assertEquals(8, run.status(), run.toString());
      assertTrue(run.err().matches("(?s).*(no directory|no such file or directory).*"), run.err());
    }
  }
}
