package org.dmsalvage.replay.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.SectorTruth;
import org.dmsalvage.fixtures.pattern.Stamp;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.Difference.Kind;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Causes of differences, against the bytes that both policies show and the record of what was
 * written to each sector.
 */
class DifferencesTest {

  private static final int SECTOR = 512;

  @TempDir private Path directory;

  /** A set, what both policies show of it, and its record. */
  private record Case(
      GoldenSet set,
      ReplayReport report,
      ByteBuffer salvage,
      ByteBuffer driver,
      ByteBuffer backing,
      Recovery driven,
      Map<Long, SectorTruth> truth) {

    /** The number of the write that a sector shows; -1 if it was never written to it. */
    long write(ByteBuffer device, long sector) {
      byte[] bytes = new byte[SECTOR];
      device.get((int) sector * SECTOR, bytes);
      Stamp stamp = set.info().pattern().read(bytes, 0);
      SectorTruth known = truth.get(sector);
      if (stamp == null || stamp.sector() != sector || known == null) {
        boolean blank = set.info().backing() == null && Arrays.equals(bytes, new byte[SECTOR]);
        return blank ? 0 : -1;
      }
      return stamp.sequence() <= known.issued() ? stamp.sequence() : -1;
    }

    boolean same(ByteBuffer one, ByteBuffer other, long sector) {
      int at = (int) sector * SECTOR;
      return one.slice(at, SECTOR).equals(other.slice(at, SECTOR));
    }
  }

  /** Does something with a set whose images are open. */
  @FunctionalInterface
  private interface Check {
    void check(Case of);
  }

  private void compare(String name, Check check) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images images = set.unpack(directory.resolve(name));
    try (BlockSource cache = Images.open(images.cache().toString());
        BlockSource backing = open(images.backing());
        BlockSource plog = set.tableNamesPlog() ? open(images.plog()) : null) {
      OpenRequest request =
          new OpenRequest(
              cache, plog, backing, null, DmTable.parse(set.info().table()), OptionalInt.empty());
      Recovery ours = replay(request, Policy.SALVAGE);
      Recovery theirs = replay(request, Policy.DRIVER);
      Map<Long, SectorTruth> truth = new HashMap<>();
      set.sectors().forEach(sector -> truth.put(sector.sector(), sector));
      check.check(
          new Case(
              set,
              ours.report(),
              bytes(ours.logical().orElseThrow()),
              bytes(theirs.logical().orElseThrow()),
              backing == null
                  ? ByteBuffer.allocate((int) ours.logical().orElseThrow().size())
                  : bytes(backing),
              theirs,
              truth));
    }
  }

  private static Recovery replay(OpenRequest request, Policy policy) {
    return Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  private static @Nullable BlockSource open(@Nullable Path path) {
    return path == null ? null : Images.open(path.toString());
  }

  private static ByteBuffer bytes(BlockSource device) {
    ByteBuffer bytes = ByteBuffer.allocate((int) device.size());
    device.readAround(0, bytes);
    return bytes.flip();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wb-rot",
        "wb-o7-torn-tail-wrapped",
        "wb-o7-lost-all-then-used",
        "wb-o7-middle-lost-then-torn",
        "wb-o7-volatile-backing",
        "wb13-mut-id-wrong-slot",
        "wb13-o7-daemons-discard-zero",
        "wb13-o7-middle-lost-wrapped",
        "wb13-o7-record-overwritten",
        "wb13-o7-torn-tail-wrapped",
        "wb13-o7-volatile",
        "wbp-o7-stale-ring",
        "wbp-tiny-cache",
        "wc4096-twins",
        "is-lzo-wb-stale",
        "is-deflate-wb-crash"
      })
  void kindsAgreeWithWhatWasWritten(String name) throws IOException {
    compare(
        name,
        set -> {
          boolean[] named = new boolean[set.salvage().capacity() / SECTOR];
          Map<Kind, Long> counts = new EnumMap<>(Kind.class);
          long[] end = new long[1];
          set.report()
              .differences()
              .orElseThrow()
              .explain(
                  (offset, length, difference) -> {
                    assertTrue(offset >= end[0] && length > 0, "ascending");
                    end[0] = offset + length;
                    for (long s = offset / SECTOR; s < end[0] / SECTOR; s++) {
                      named[(int) s] = true;
                      counts.merge(difference.kind(), 1L, Long::sum);
                      agrees(set, s, difference);
                    }
                  });
          for (int s = 0; s < named.length; s++) {
            assertTrue(named[s] || set.same(set.salvage(), set.driver(), s), "sector " + s);
          }
          PolicyComparison comparison = PolicyComparison.of(set.report()).orElseThrow();
          comparison
              .byKind()
              .forEach((kind, n) -> assertEquals(counts.getOrDefault(kind, 0L), n, kind + ""));
          assertTrue(comparison.sectors() > 0);
          long[] sum = new long[1];
          set.report().differences().orElseThrow().forEach((_, bytes, _, _) -> sum[0] += bytes);
          assertEquals(comparison.sectors() * SECTOR, sum[0]);
        });
  }

  private static void agrees(Case set, long sector, Difference difference) {
    long ours = set.write(set.salvage(), sector);
    long theirs = set.write(set.driver(), sector);
    String context = "sector %d: %s, write %d for %d".formatted(sector, difference, theirs, ours);
    boolean laps = set.set().info().format().equals("writeboost-2013");
    switch (difference.kind()) {
      case DROPPED -> {
        assertTrue(set.same(set.driver(), set.backing(), sector), context);
        // Without checksums a torn segment of 2013 cannot be told from a whole one.
        assertTrue(laps || theirs < ours, context);
      }
      case OLDER -> assertTrue(theirs >= 0 && theirs < ours, context);
      case RESURRECTED -> {
        assertTrue(set.same(set.salvage(), set.backing(), sector), context);
        assertTrue(theirs >= 0 && theirs < ours, context);
      }
      case SPOILT -> assertEquals(-1, theirs, context);
      case UNREADABLE ->
          assertTrue(set.driven().report().lost().ranges().contains(sector * SECTOR), context);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "wb-rot,W15",
    "wb-o7-torn-tail-wrapped,W14",
    "wb-o7-middle-lost-then-torn,W17",
    "wb13-o7-daemons-discard-zero,F15",
    "wb13-o7-record-overwritten,F19",
    "wb13-o7-torn-tail-wrapped,F13",
    "wbp-o7-stale-ring,P5",
    "wc4096-twins,C4"
  })
  void ruleIsTheOneThatTheSetWasMadeFor(String name, Rule rule) throws IOException {
    compare(
        name,
        set -> {
          PolicyComparison comparison = PolicyComparison.of(set.report()).orElseThrow();
          assertEquals(Map.of(rule, comparison.sectors()), comparison.byRule());
        });
  }

  @Test
  void aDeviceThatTheDriverStopsAtIsDroppedAsAWhole() throws IOException {
    GoldenSet set = GoldenSets.get("wb-o7-record");
    GoldenSet.Images images = set.unpack(directory.resolve("set"));
    try (BlockSource cache = Images.open(images.cache().toString());
        BlockSource backing = open(images.backing())) {
      OpenRequest request =
          new OpenRequest(
              cache, null, backing, null, DmTable.parse(set.info().table()), OptionalInt.empty());
      ReplayReport report = replay(request, Policy.SALVAGE).report();
      PolicyComparison comparison = PolicyComparison.of(report).orElseThrow();
      assertTrue(comparison.showsNothing());
      assertEquals(report.appliedSectors(), comparison.sectors());
      assertEquals(report.appliedSectors(), comparison.byKind().get(Kind.DROPPED));
      assertEquals(Map.of(Rule.W27, report.appliedSectors()), comparison.byRule());
    }
  }
}
