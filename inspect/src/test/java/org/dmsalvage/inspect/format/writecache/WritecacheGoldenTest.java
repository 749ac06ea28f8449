package org.dmsalvage.inspect.format.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Examines what real kernels left behind, and compares with their status lines. */
class WritecacheGoldenTest {

  /** Fields of {@code dmsetup status}: start, length, target, then the driver's own. */
  private static final int ERROR = 3;

  private static final int BLOCKS = 4;
  private static final int FREE = 5;

  @TempDir Path directory;

  static List<GoldenSet> sets() {
    return GoldenSets.selected().stream()
        .filter(set -> set.info().format().equals("writecache"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("sets")
  void countsWhatTheDriverCounted(GoldenSet set) throws IOException {
    Path cache = set.unpack(directory).cache();
    try (BlockSource source = Images.open(cache.toString(), set.info().offsetSectors() * 512, -1)) {
      assertEquals("writecache", Formats.detect(source).getFirst().format());
      CacheImage image = Formats.open(OpenRequest.of(source));
      Findings findings = new Findings();
      Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
      boolean sound = findings.worst().orElse(Severity.NOTE) == Severity.NOTE;
      String status = set.driver().statusAfterResume();
      assumeTrue(status != null, "the driver refused");
      String[] fields = status.split(" ", -1);
      assertEquals(fields[ERROR].equals("0"), sound);
      assertEquals(Long.parseLong(fields[BLOCKS]), image.geometry().value("blockCount"));
      // Where the cache was over its watermark the driver had begun to write back.
      assumeTrue(set.info().table().contains("high_watermark 100"), "write-back had begun");
      long used = Long.parseLong(fields[BLOCKS]) - Long.parseLong(fields[FREE]);
      assertEquals(used, facts.value("dirtyBlocks"));
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void readsStartSectorFromTheTable(GoldenSet set) throws IOException {
    Path cache = set.unpack(directory).cache();
    try (BlockSource source = Images.open(cache.toString())) {
      OpenRequest request =
          new OpenRequest(
              source, null, null, null, DmTable.parse(set.info().table()), OptionalInt.empty());
      assertEquals(
          set.info().offsetSectors() * 512,
          new WritecacheFormat().open(request).geometry().value("startOffset"));
    }
  }

  /** The builder of the fixtures was written from the format's description alone. */
  @Test
  void agreesWithTheBuilder() {
    for (int blockSize = 512; blockSize <= 4096; blockSize *= 2) {
      WritecacheImage built =
          new WritecacheImage(blockSize, 999, 0, 1)
              .commit(3)
              .put(0, 80, 2, 1)
              .put(1, 80, 1, 2)
              .put(2, 16, 3, 3)
              .put(3, 24, 1, 4)
              .free(3);
      CacheImage image = new WritecacheFormat().open(OpenRequest.of(TestCache.of(built.bytes())));
      Findings findings = new Findings();
      Facts facts = image.examine(Depth.HEADERS, findings, Progress.NONE);
      assertEquals((long) built.blockCount(), image.geometry().value("blockCount"));
      assertEquals((long) built.metadataBytes(), image.geometry().value("metadataBytes"));
      assertEquals(2L, facts.value("committed"));
      assertEquals(1L, facts.value("uncommitted"));
      assertEquals(1L, facts.value("duplicates"));
      assertEquals(built.blockCount() - 3L, facts.value("free"));
      assertTrue(findings.worst().orElseThrow() == Severity.NOTE);
    }
  }
}
