package org.dmsalvage.inspect.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringWriter;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.dmsalvage.fixtures.fuzz.FuzzedCache;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;

/** All that can be asked of an image, and what must hold of the answers whatever it contains. */
final class Inspection {

  private final CacheImage image;
  private final int skipped;

  private Inspection(CacheImage image, int skipped) {
    this.image = image;
    this.skipped = skipped;
  }

  /** Opens and examines a cache; the only exceptions that it may end with are our own. */
  static void run(FuzzedCache fuzzed) {
    MemorySource cache = new MemorySource("cache", fuzzed.cache, fuzzed.badSectors);
    try {
      Formats.detect(cache);
    } catch (SalvageException e) {
      throw new AssertionError("detection fails", e);
    }
    try {
      new Inspection(Formats.open(request(fuzzed, cache)), fuzzed.skipped).examine();
    } catch (SalvageException e) {
      assertFalse(e.getMessage().isEmpty());
    }
  }

  private static OpenRequest request(FuzzedCache fuzzed, MemorySource cache) {
    return new OpenRequest(
        cache,
        fuzzed.plog == null ? null : new MemorySource("plog", fuzzed.plog, fuzzed.badPlogSectors),
        fuzzed.backing == null ? null : new MemorySource("backing", fuzzed.backing, new BitSet()),
        fuzzed.format,
        fuzzed.table == null ? null : DmTable.parse(fuzzed.table),
        fuzzed.rambufPool);
  }

  private void examine() {
    Facts geometry = image.geometry();
    assertEquals(geometry, image.geometry());
    Findings findings = new Findings();
    Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
    for (Finding finding : findings.kept()) {
      assertFalse(finding.message().isEmpty());
    }
    if (asked(0)) {
      Facts counts = image.examine(Depth.HEADERS, new Findings(), Progress.NONE);
      assertTrue(names(facts).containsAll(names(counts)));
    }
    if (asked(1)) {
      Findings again = new Findings();
      assertEquals(facts, image.examine(Depth.VERIFY, again, Progress.NONE));
      assertEquals(findings.kept(), again.kept());
    }
    if (asked(2)) {
      render(facts, findings);
    }
    if (asked(3)) {
      image.listings().forEach(this::list);
    }
    if (asked(4)) {
      image.versions(8, Progress.NONE).forEach(Inspection::check);
    }
    if (asked(5)) {
      image.versions((1L << 54) - 1, Progress.NONE).forEach(Inspection::check);
    }
  }

  private boolean asked(int question) {
    return ((skipped >> question) & 1) == 0;
  }

  private static List<String> names(Facts facts) {
    return facts.all().stream().map(fact -> fact.name()).toList();
  }

  private static void check(SectorVersion version) {
    assertTrue(version.offset() >= 0, version::toString);
    assertFalse(version.place().isEmpty());
    assertFalse(version.state().isEmpty());
  }

  private void render(Facts facts, Findings findings) {
    StringWriter text = new StringWriter();
    try (JsonDocument document = JsonDocument.begin(text, "check")) {
      document.object("summary", () -> document.facts(facts)).findings(findings);
    }
  }

  /** Filtering by a state gives exactly the rows of that state. */
  private void list(Listing listing) {
    int stateColumn =
        IntStream.range(0, listing.columns().size())
            .filter(i -> listing.columns().get(i).name().equals("state"))
            .findFirst()
            .orElse(-1);
    int[] ofState = new int[listing.states().size() + 1];
    image.list(
        listing.name(),
        RowFilter.ALL,
        values -> {
          List<Column> columns = listing.columns();
          assertEquals(columns.size(), values.length);
          if (stateColumn >= 0) {
            int state = listing.states().indexOf(values[stateColumn]);
            assertTrue(state >= 0, () -> "no state: " + values[stateColumn]);
            ofState[state]++;
          }
          return true;
        },
        Progress.NONE);
    if (stateColumn >= 0) {
      int wanted = (skipped >> 6) % listing.states().size();
      String state = listing.states().get(wanted);
      int[] filtered = new int[1];
      image.list(
          listing.name(),
          new RowFilter(null, null, Set.of(state)),
          _ -> {
            filtered[0]++;
            return true;
          },
          Progress.NONE);
      // What was never written is listed only if asked for.
      assertTrue(state.equals("empty") || filtered[0] == ofState[wanted], state);
    }
  }
}
