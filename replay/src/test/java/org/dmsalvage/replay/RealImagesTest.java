package org.dmsalvage.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.CaseInfo.DriverTruth;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.fixtures.golden.Judge.Grade;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.crosscheck.CrossCheck;
import org.dmsalvage.replay.crosscheck.CrossCheck.Kind;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every real image set against what the real driver made of it and what had been written.
 *
 * <p>Writes the table of all sets to {@code target/real-images.txt}. With {@code
 * -Ddmsalvage.images=DIRECTORY} the sets of that directory are judged instead of the shipped ones.
 */
class RealImagesTest {

  private static final Map<String, String> TABLE = new TreeMap<>();
  private static long driverLoses;
  private static long salvageLoses;
  private static long salvageCorrupts;

  @TempDir private static Path directory;

  @TestFactory
  Stream<DynamicTest> driverGivesWhatTheRealDriverGave() {
    return GoldenSets.selected().stream()
        .map(set -> DynamicTest.dynamicTest(set.name(), () -> driver(set)));
  }

  @TestFactory
  Stream<DynamicTest> salvageLosesNothingThatTheDriverKeeps() {
    return GoldenSets.selected().stream()
        .map(set -> DynamicTest.dynamicTest(set.name(), () -> salvage(set)));
  }

  private void driver(GoldenSet set) throws IOException {
    replay(
        set,
        Policy.DRIVER,
        set.tableNamesPlog(),
        (recovery, _) -> {
          DriverTruth truth = set.driver();
          DriverOutcome outcome = recovery.report().driver().orElseThrow();
          String expected = truth.logicalSha256();
          String context = outcome + ", the real one: " + truth;
          if (expected == null) {
            assertNotEquals(Outcome.ACCEPT, outcome.outcome(), context);
            assertEquals(Optional.empty(), recovery.logical(), context);
          } else {
            LogicalDevice device =
                recovery.logical().orElseThrow(() -> new AssertionError(context));
            assertEquals(expected, sha256(device), context);
            assertTrue(
                outcome.outcome() == Outcome.ACCEPT || outcome.outcome() == Outcome.FORMAT,
                context);
          }
        });
  }

  private void salvage(GoldenSet set) throws IOException {
    replay(
        set,
        Policy.SALVAGE,
        true,
        (recovery, backing) -> {
          Judge.Verdict verdict = Judge.judge(set, judged(recovery.logical().orElseThrow()));
          long theirs = driverLoses(set);
          driverLoses += theirs;
          salvageLoses += verdict.count(Grade.LOST);
          salvageCorrupts += verdict.count(Grade.CORRUPT);
          TABLE.put(
              set.name(),
              "%-36s driver loses %5d  salvage: latest %5d, allowed %5d, lost %4d, corrupt %4d"
                  .formatted(
                      set.name(),
                      theirs,
                      verdict.count(Grade.LATEST),
                      verdict.count(Grade.ALLOWED),
                      verdict.count(Grade.LOST),
                      verdict.count(Grade.CORRUPT)));
          assertTrue(verdict.bad() <= theirs, verdict + ", the driver loses " + theirs);
          if (backing != null) {
            crossCheck(recovery, backing);
          }
        });
  }

  /** No disk of these sets was ever used without its cache. */
  private static void crossCheck(Recovery recovery, BlockSource backing) {
    Findings findings = new Findings();
    CrossCheck.Result result =
        CrossCheck.run(
            recovery.logical().orElseThrow(), backing, findings, (_, _, _, _) -> {}, Progress.NONE);
    assertEquals(List.of(), findings.kept());
    assertEquals(
        recovery.report().appliedSectors(),
        Stream.of(Kind.SAME, Kind.OLDER, Kind.UNKNOWN).mapToLong(result::sectors).sum());
  }

  /**
   * Sectors that the real driver loses. Where they were not counted, its own result is judged,
   * which {@link #driver} holds to the recorded hash.
   */
  private static long driverLoses(GoldenSet set) throws IOException {
    if (set.driver().verdict() != null || set.driver().logicalSha256() == null) {
      return set.driver().lostSectors();
    }
    long[] bad = new long[1];
    replay(
        set,
        Policy.DRIVER,
        set.tableNamesPlog(),
        (recovery, _) -> bad[0] = Judge.judge(set, judged(recovery.logical().orElseThrow())).bad());
    return bad[0];
  }

  /** What is done with a replayed set before its images are closed. */
  @FunctionalInterface
  private interface Check {
    void check(Recovery recovery, @Nullable BlockSource backing) throws IOException;
  }

  private static void replay(GoldenSet set, Policy policy, boolean withPlog, Check check)
      throws IOException {
    Path target = Files.createTempDirectory(directory, set.name());
    GoldenSet.Images images = set.unpack(target);
    try (BlockSource cache =
            Images.open(images.cache().toString(), set.info().offsetSectors() * 512, -1);
        BlockSource backing = open(images.backing());
        BlockSource plog = withPlog ? open(images.plog()) : null) {
      OpenRequest request =
          new OpenRequest(
              cache, plog, backing, null, DmTable.parse(table(set)), OptionalInt.empty());
      check.check(Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE)), backing);
    } finally {
      for (Path file : files(target)) {
        Files.delete(file);
      }
    }
  }

  /** The line that the driver was given; one record names the line that made the images instead. */
  private static String table(GoldenSet set) {
    boolean otherOrder = set.info().description().equals("opened with order 8 instead of 7");
    return otherOrder ? set.info().table().replaceFirst(" 7$", " 8") : set.info().table();
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  private static @Nullable BlockSource open(@Nullable Path path) {
    return path == null ? null : Images.open(path.toString());
  }

  private static @Nullable String sha256(LogicalDevice device) {
    return DeviceCopier.copy(device, DeviceCopier.Target.NONE, true, Progress.NONE).sha256();
  }

  private static Judge.Device judged(LogicalDevice device) {
    return (sector, into) -> {
      if ((sector + 1) * BlockSource.SECTOR_BYTES > device.size()) {
        return false;
      }
      return device.readAround(sector * BlockSource.SECTOR_BYTES, ByteBuffer.wrap(into)).isEmpty();
    };
  }

  @AfterAll
  static void writeTable() throws IOException {
    String totals =
        "%d sets; sectors lost or corrupt under the drivers: %d; under salvage: %d lost, %d corrupt"
            .formatted(TABLE.size(), driverLoses, salvageLoses, salvageCorrupts);
    Files.createDirectories(Path.of("target"));
    Files.write(
        Path.of("target", "real-images.txt"),
        Stream.concat(TABLE.values().stream(), Stream.of(totals)).toList());
  }
}
