package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.CaseInfo;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real images: what they are recognised as, and what is found in them. */
class GoldenWriteboostTest {

  /** Findings worse than a note; sets that are not named have none. */
  private static final Map<String, Set<String>> EXPECTED =
      Map.ofEntries(
          Map.entry("wb-below-superblock", Set.of("WB-MAGIC", "WB-TOO-SMALL")),
          Map.entry("wb-too-small", Set.of("WB-TOO-SMALL")),
          Map.entry("wb-one-segment", Set.of("WB-ONE-SEGMENT")),
          Map.entry("wb-rot", Set.of("WB-CHECKSUM", "WB-DRIVER-STOPS")),
          Map.entry("wb-lossy", Set.of("WB-LOST-SEGMENT")),
          Map.entry("wb-lossy-sectors", Set.of("WB-LOST-SEGMENT")),
          Map.entry(
              "wb-o7-lost-all-then-used",
              Set.of("WB-TWO-LIVES", "WB-SLOT-REUSE-TEAR", "WB-DRIVER-STOPS")),
          Map.entry("wb-o7-middle-lost", Set.of("WB-LOST-SEGMENT")),
          Map.entry("wb-o7-middle-lost-then-torn", Set.of("WB-STALE-SEGMENT")),
          Map.entry("wb-o7-record", Set.of("WB-RECORD")),
          Map.entry("wb-o7-record-beyond", Set.of("WB-RECORD")),
          Map.entry("wb-o7-record-clean", Set.of("WB-RECORD")),
          Map.entry("wb-o7-record-unwrapped", Set.of("WB-RECORD")),
          Map.entry("wb-o7-torn-tail-wrapped", Set.of("WB-SLOT-REUSE-TEAR", "WB-DRIVER-STOPS")),
          Map.entry("wb-o7-volatile", Set.of("WB-LOST-SEGMENT")),
          Map.entry(
              "wb-o7-volatile-backing",
              Set.of("WB-LOST-SEGMENT", "WB-STALE-SEGMENT", "WB-STALE-RUN")),
          Map.entry("wb13-mut-id-lap-ahead", Set.of("WB-ID-AHEAD", "WB-DRIVER-STOPS")),
          Map.entry("wb13-mut-id-wrong-slot", Set.of("WB-ID-SLOT", "WB-DRIVER-STOPS")),
          Map.entry("wb13-mut-lap-all", Set.of("WB-LAP")),
          Map.entry("wb13-mut-lap-one-metablock", Set.of("WB-CHECKSUM", "WB-DRIVER-STOPS")),
          Map.entry("wb13-mut-magic", Set.of("WB-MAGIC")),
          Map.entry("wb13-mut-record-beyond", Set.of("WB-RECORD-BEYOND")),
          Map.entry("wb13-o7-daemons-discard-zero", Set.of("WB-RECORD", "WB-ZEROED")),
          Map.entry("wb13-o7-middle-lost", Set.of("WB-LOST-SEGMENT", "WB-DRIVER-STOPS")),
          Map.entry("wb13-o7-middle-lost-wrapped", Set.of("WB-STALE-SEGMENT", "WB-DRIVER-STOPS")),
          Map.entry(
              "wb13-o7-middle-lost-wrapped-reused", Set.of("WB-STALE-SEGMENT", "WB-DRIVER-STOPS")),
          Map.entry("wb13-o7-record", Set.of("WB-RECORD")),
          Map.entry(
              "wb13-o7-record-beyond",
              Set.of("WB-RECORD-BEYOND", "WB-LOST-SEGMENT", "WB-DRIVER-STOPS")),
          Map.entry("wb13-o7-record-overwritten", Set.of("WB-RECORD")),
          Map.entry("wb13-o7-torn-1", Set.of("WB-ZEROED")),
          Map.entry("wb13-o7-torn-8", Set.of("WB-ZEROED")),
          Map.entry("wb13-o7-used-then-idle", Set.of("WB-RECORD")),
          Map.entry("wb13-o7-volatile", Set.of("WB-LOST-SEGMENT", "WB-DRIVER-STOPS")),
          Map.entry("wbp-o7-slow-flush", Set.of("WB-PLOG-OVER-NEWER")),
          Map.entry("wbp-o7-stale-plog-trap", Set.of("WB-PLOG-OVER-NEWER")),
          Map.entry("wbp-o7-stale-ring", Set.of("WB-PLOG-IGNORED")),
          Map.entry("wbp-o7-stale-ring-clean", Set.of("WB-PLOG-IGNORED")),
          Map.entry("wbp-tiny-cache", Set.of("WB-PLOG-IGNORED", "WB-PLOG-OVER-NEWER")));

  private static final WriteboostFormat FORMAT = new WriteboostFormat();

  @TempDir Path directory;

  static Stream<GoldenSet> sets() {
    return GoldenSets.all().stream()
        .filter(set -> set.info().format().startsWith("writeboost"))
        .filter(set -> !set.name().startsWith("demo"));
  }

  /** The images of a set, opened. */
  private record Opened(
      BlockSource cache, BlockSource backing, BlockSource plog, OpenRequest request)
      implements AutoCloseable {

    static Opened of(GoldenSet set, Path directory) throws IOException {
      GoldenSet.Images images = set.unpack(directory.resolve(set.name()));
      BlockSource cache = Images.open(images.cache().toString());
      BlockSource backing = Images.open(images.backing().toString());
      BlockSource plog = images.plog() == null ? null : Images.open(images.plog().toString());
      DmTable table = DmTable.parse(set.info().table());
      return new Opened(
          cache,
          backing,
          plog,
          new OpenRequest(cache, plog, backing, set.info().format(), table, OptionalInt.empty()));
    }

    @Override
    public void close() {
      Stream.of(Optional.of(cache), Optional.of(backing), Optional.ofNullable(plog))
          .flatMap(Optional::stream)
          .forEach(BlockSource::close);
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void isRecognisedAndExamined(GoldenSet set) throws IOException {
    try (Opened opened = Opened.of(set, directory)) {
      CaseInfo info = set.info();
      Optional<Detection> detection = FORMAT.detect(opened.cache);
      if (set.name().equals("wb-below-superblock")) {
        assertTrue(detection.isEmpty(), "nothing was ever written there");
      } else if (set.name().equals("wb13-o7-formatted-only")) {
        assertTrue(detection.isPresent(), "which version cannot be told without a segment");
      } else {
        assertEquals(info.format(), detection.orElseThrow().format());
      }
      CacheImage image = FORMAT.open(opened.request);
      Findings findings = new Findings();
      Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
      Set<String> severe = new TreeSet<>();
      for (Finding finding : findings.kept()) {
        if (finding.severity() != Severity.NOTE) {
          severe.add(finding.code().id());
        }
      }
      assertEquals(
          new TreeSet<>(EXPECTED.getOrDefault(set.name(), Set.of())),
          severe,
          () -> findings.kept().toString());
      Long lastFlushed = info.driver().lastFlushedId();
      if (lastFlushed != null && !set.name().equals("wb13-mut-magic")) {
        assertEquals(lastFlushed, facts.value("lastFlushedId"), "as the real driver counted");
      }
      Facts quick = image.examine(Depth.HEADERS, new Findings(), Progress.NONE);
      assertEquals(facts.value("maxId"), quick.value("maxId"));
      assertEquals(facts.value("emptySegments"), quick.value("emptySegments"));
    } finally {
      delete(directory.resolve(set.name()));
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void variantsAreToldApart() throws IOException {
    assertEquals(List.of("raw CRC-32C", "order 7"), reading("wb-o7-wrapped-crash"));
    assertEquals(List.of("raw CRC-32C", "order 4"), reading("wb-o4-wrapped-crash"));
    assertEquals(List.of("raw CRC-32C", "order 10"), reading("wb-o10-default-ctr"));
    assertEquals(List.of("complemented CRC-32C", "order 10"), reading("wb-crash"));
    assertEquals(List.of("complemented CRC-32C", "order 10"), reading("wb-empty"));
    assertEquals(List.of("laps", "order 7"), reading("wb13-o7-wrapped-crash"));
    assertEquals(List.of("laps", "order 10"), reading("wb13-o10-wrapped-crash"));
    assertEquals(List.of("laps", "order 7"), reading("wb13-mut-magic"));
  }

  private List<String> reading(String name) throws IOException {
    try (Opened opened = Opened.of(GoldenSets.get(name), directory)) {
      WriteboostReading reading = WriteboostReading.of(opened.cache, null);
      return List.of(reading.convention().label(), "order " + reading.geometry().order());
    }
  }

  @Test
  void otherFormatsAreNotTakenForWriteboost() throws IOException {
    List<String> taken = new ArrayList<>();
    for (String name : List.of("is-create-cut-ff", "is-lzo-garbage-crash", "is-lzo-text")) {
      GoldenSet.Images images = GoldenSets.get(name).unpack(directory.resolve(name));
      try (BlockSource source = Images.open(images.cache().toString())) {
        FORMAT.detect(source).ifPresent(d -> taken.add(name + ": " + d));
      }
    }
    assertEquals(List.of(), taken);
  }

  @Test
  void listsShowEverySegmentBlockAndPlog() throws IOException {
    try (Opened opened = Opened.of(GoldenSets.get("wbp-o7-torn-plog"), directory)) {
      CacheImage image = FORMAT.open(opened.request);
      assertEquals(20, rows(image, "segments", RowFilter.ALL).size());
      RowFilter empty = new RowFilter(null, null, Set.of("empty"));
      assertEquals(28, rows(image, "segments", empty).size());
      RowFilter sealed = new RowFilter(null, null, Set.of("sealed"));
      assertEquals(20, rows(image, "segments", sealed).size());
      List<List<Object>> blocks = rows(image, "metablocks", RowFilter.ALL);
      assertTrue(blocks.size() > 100, () -> blocks.size() + " blocks");
      RowFilter torn = new RowFilter(null, null, Set.of("torn"));
      assertEquals(1, rows(image, "plogs", torn).size());
    }
  }

  private static List<List<Object>> rows(CacheImage image, String list, RowFilter filter) {
    List<List<Object>> rows = new ArrayList<>();
    image.list(list, filter, values -> rows.add(Arrays.asList(values)), Progress.NONE);
    return rows;
  }

  @Test
  void everyCopyOfASectorIsFoundOldestFirst() throws IOException {
    try (Opened opened = Opened.of(GoldenSets.get("wbp-o7-torn-plog"), directory)) {
      CacheImage image = FORMAT.open(opened.request);
      List<SectorVersion> versions = image.versions(9472, Progress.NONE);
      assertEquals(List.of(5L, 6L, 9L, 21L), versions.stream().map(SectorVersion::order).toList());
      assertEquals("torn", versions.getLast().state());
      assertEquals("sealed", versions.getFirst().state());
    }
  }
}
