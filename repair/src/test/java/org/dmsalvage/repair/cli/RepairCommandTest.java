package org.dmsalvage.repair.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What repair refuses, asks and promises. */
class RepairCommandTest {

  @TempDir private Path directory;

  private Path cache = Path.of("");
  private Path plog = Path.of("");
  private Path undo = Path.of("");
  private byte[] original = {};

  @BeforeEach
  void unpack() throws IOException {
    undo = directory.resolve("cache.undo");
    take("wb-o7-torn-tail-wrapped");
  }

  private void take(String name) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images images = set.unpack(directory.resolve(name));
    cache = images.cache();
    plog = images.plog() == null ? plog : images.plog();
    original = Files.readAllBytes(cache);
  }

  private Run repair(String... more) {
    List<String> arguments = new ArrayList<>(List.of("repair", cache.toString()));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray(String[]::new));
  }

  private void untouched(int status, String message, Run run) throws IOException {
    assertEquals(status, run.status(), run.toString());
    assertTrue(run.err().contains(message), run.err());
    assertEquals("", run.out());
    assertArrayEquals(original, Files.readAllBytes(cache));
  }

  @Test
  void refusesWhatMakesNoSense() throws IOException {
    String file = undo.toString();
    untouched(16, "one of --dry-run, --apply and --output", repair());
    untouched(16, "one of", repair("--dry-run", "--apply", "--undo", file));
    untouched(16, "--apply needs --undo", repair("--apply", "--yes"));
    untouched(16, "--undo goes with", repair("--dry-run", "--undo", file));
    untouched(16, "--plog-output goes with", repair("--dry-run", "--plog-output", file));
    untouched(16, "needs --plog", repair("--output", file, "--plog-output", file + 2));
    untouched(16, "no repair answers NO-CODE", repair("--dry-run", "--only", "NO-CODE"));
    untouched(16, "knows the choice maybe", repair("--dry-run", "--prefer", "maybe"));
    untouched(16, "whole sectors", repair("--apply", "--undo", file, "--offset", "1"));
    untouched(
        16, "can be written as writeboost-2014, writeboost-2", repair("--dry-run", "--to", "x"));
    untouched(16, "not with --apply", repair("--apply", "--undo", file, "--to", "writeboost-2"));
    untouched(16, "no terminal to ask on", repair("--apply", "--undo", file));
    untouched(16, "writeboost-2014 cache", repair("--apply", "--undo", file));
    untouched(16, "standard output", repair("--output", "-"));
    untouched(8, "is an input", repair("--apply", "--yes", "--undo", cache.toString()));
    untouched(8, "", repair("--output", cache.toString(), "--force"));
    untouched(
        8,
        "is a writeboost-2014 cache",
        repair("--apply", "--yes", "--undo", file, "--format", "writecache"));
    assertFalse(Files.exists(undo), "nothing was written");
  }

  @Test
  void showsThePlanAndWritesNothing() throws IOException {
    Run run = repair("--dry-run", "--hex");
    assertEquals(4, run.status(), run.toString());
    assertTrue(run.out().contains("WB-SLOT-REUSE-TEAR"), run.out());
    assertTrue(run.out().contains("risk: none: it was written back"), run.out());
    assertTrue(run.out().contains("lost: nothing"), run.out());
    assertTrue(run.out().contains("after   00 00 00 00 00 00 00 00"), run.out());
    assertArrayEquals(original, Files.readAllBytes(cache));
    Run except = repair("--dry-run", "--except", "WB-SLOT-REUSE-TEAR");
    assertEquals(0, except.status(), except.toString());
    assertTrue(except.out().contains("What remains"), except.out());
  }

  @Test
  void writesACopyThatNeedsNoRepair() throws IOException {
    Path copy = directory.resolve("copy.img");
    Run run = repair("--output", copy.toString());
    assertEquals(1, run.status(), run.toString());
    assertArrayEquals(original, Files.readAllBytes(cache));
    untouched(8, "exists", repair("--output", copy.toString()));
    cache = copy;
    assertEquals(0, repair("--dry-run").status());
    Path another = directory.resolve("another.img");
    assertEquals(0, repair("--output", another.toString()).status());
    assertFalse(Files.exists(another), "there was nothing to repair");
  }

  @Test
  void repairsInPlaceAndUndoes() throws IOException {
    Run run = repair("--apply", "--undo", undo.toString(), "--yes");
    assertEquals(1, run.status(), run.toString());
    assertTrue(run.out().contains("dmsalvage undo"), run.out());
    Path copy = directory.resolve("copy.img");
    assertEquals(0, repair("--dry-run").status());
    assertEquals(0, repair("--output", copy.toString()).status());
    assertEquals(0, Run.of("undo", undo.toString(), "--yes").status());
    assertArrayEquals(original, Files.readAllBytes(cache));
    untouched(8, "name another file", repair("--apply", "--undo", undo.toString(), "--yes"));
  }

  @Test
  void repairsThePlogToo() throws IOException {
    take("wbp-o7-stale-ring");
    byte[] log = Files.readAllBytes(plog);
    String copy = directory.resolve("copy.img").toString();
    String logCopy = directory.resolve("plog.copy").toString();
    untouched(16, "--plog-output", repair("--plog", plog.toString(), "--output", copy));
    untouched(
        16,
        "the same file",
        repair("--plog", plog.toString(), "--output", copy, "--plog-output", copy));
    Run run = repair("--plog", plog.toString(), "--output", copy, "--plog-output", logCopy);
    assertEquals(1, run.status(), run.toString());
    assertArrayEquals(log, Files.readAllBytes(plog));
    assertEquals(0, Run.of("repair", copy, "--plog", logCopy, "--dry-run").status());
    Run inPlace = repair("--plog", plog.toString(), "--apply", "--undo", undo.toString(), "-y");
    assertEquals(1, inPlace.status(), inPlace.toString());
    assertArrayEquals(Files.readAllBytes(Path.of(logCopy)), Files.readAllBytes(plog));
    assertEquals(0, Run.of("undo", undo.toString()).status());
    assertArrayEquals(log, Files.readAllBytes(plog));
    assertArrayEquals(original, Files.readAllBytes(cache));
  }

  @Test
  void writesTheCacheInAnotherFormat() throws IOException {
    take("wbp-o7-stale-ring");
    Path copy = directory.resolve("new.img");
    String[] arguments = {"--plog", plog.toString(), "--to", "writeboost-2", "--output", "" + copy};
    Run run = repair(arguments);
    assertEquals(0, run.status(), run.toString());
    assertTrue(run.out().contains("Converted to writeboost-2"), run.out());
    assertTrue(run.out().contains("'0 SECTORS writeboost BACKING CACHE'"), run.out());
    assertArrayEquals(original, Files.readAllBytes(cache));
    untouched(8, "exists", repair(arguments));
    Run json = repair("--plog", plog.toString(), "--to", "writeboost-2014", "--dry-run", "--json");
    assertEquals(0, json.status(), json.toString());
    assertTrue(json.out().contains("\"converted\""), json.out());
    cache = copy;
    assertEquals(0, repair("--dry-run").status());
  }
}
