package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands tell of the past of a really crashed cache. */
class PastTest {

  @TempDir private Path directory;
  private String cache = "";
  private String backing = "";

  @BeforeEach
  void unpack() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    cache = images.cache().toString();
    backing = String.valueOf(images.backing());
  }

  @Test
  void aTimelineHasARowForEachStep() {
    List<String> rows =
        Run.of("replay", cache, "--timeline", "--rows", "csv").out().lines().toList();
    assertEquals(48, rows.size(), "47 whole segments and the heading");
    assertTrue(rows.get(1).startsWith("93,sealed,"), rows.get(1));
    assertTrue(rows.getLast().startsWith("139,sealed,"), rows.getLast());
    assertEquals(
        47, Run.of("replay", cache, "--timeline", "--rows", "jsonl").out().lines().count());
  }

  @Test
  void aTimelineRecoversNothing() {
    assertEquals(16, Run.of("replay", cache, "--timeline", "--hash").status());
    assertEquals(16, Run.of("replay", cache, "--timeline", "--as-of", "100").status());
    assertEquals(16, Run.of("replay", cache, "--timeline", "--json", "--rows", "csv").status());
    assertEquals(16, Run.of("replay", cache, "--rows", "csv").status());
  }

  @Test
  void anEarlierPointIsAtRisk() {
    assertEquals(4, Run.of("replay", cache, "--backing", backing, "--as-of", "120").status());
    assertEquals(0, Run.of("replay", cache, "--backing", backing, "--as-of", "139").status());
    Run outside = Run.of("replay", cache, "--backing", backing, "--as-of", "91");
    assertEquals(16, outside.status());
    assertTrue(outside.err().contains("from 92 (nothing applied) to 139"), outside.err());
    assertEquals(16, Run.of("replay", cache, "--as-of", "120", "--policy", "driver").status());
  }

  @Test
  void differencesAreListedBetweenPoints() {
    Run run = Run.of("diff", cache, "--backing", backing, "--from", "137");
    assertEquals(0, run.status());
    assertTrue(run.out().contains("224 sectors (112 KiB) in 28 ranges"), run.out());
    assertEquals(29, Run.of("diff", cache, "--from", "137", "--rows", "csv").out().lines().count());
    assertEquals(0, Run.of("diff", cache, "--from", "139", "--rows", "jsonl").out().length());
    assertEquals(16, Run.of("diff", cache, "--from", "130", "--to", "120").status());
    assertEquals(16, Run.of("diff", cache, "--json", "--rows", "csv").status());
  }

  @Test
  void aSectorHasAHistory() {
    Run run = Run.of("inspect", cache, "--backing", backing, "--sector", "4741", "--history");
    assertEquals(0, run.status());
    List<String> stories =
        run.out().lines().filter(line -> line.contains("; sha256 ")).map(String::strip).toList();
    assertTrue(stories.getFirst().startsWith("not whole: not applied; broken"), run.out());
    assertTrue(stories.getFirst().endsWith("the backing device holds the same"), run.out());
    assertTrue(stories.get(1).startsWith("older than segment id 128"), run.out());
    assertTrue(stories.getLast().startsWith("shown: the newest that counts"), run.out());
    assertTrue(run.out().contains("driver    the backing device: replay stops"), run.out());
    assertEquals(16, Run.of("inspect", cache, "--history").status());
  }
}
