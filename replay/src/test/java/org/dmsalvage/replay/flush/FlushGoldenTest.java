package org.dmsalvage.replay.flush;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.fixtures.golden.Judge.Grade;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.map.Ddrescuelog;
import org.dmsalvage.replay.map.RecoveryMap;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.undo.Undo;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Flushes every real image set in place, undoes it, and flushes it to a new image. What a clean run
 * left gives all that was acknowledged, and ddrescuelog accepts the map of each, where it is there.
 */
class FlushGoldenTest {

  @TempDir private static Path directory;

  @TestFactory
  Stream<DynamicTest> givesWhatReplayShowsAndCanBeUndone() {
    return GoldenSets.selected().stream()
        .map(set -> DynamicTest.dynamicTest(set.name(), () -> flush(set)));
  }

  private static void flush(GoldenSet set) throws IOException {
    Path target = Files.createTempDirectory(directory, set.name());
    GoldenSet.Images images = set.unpack(target);
    try (BlockSource cache =
            Images.open(images.cache().toString(), set.info().offsetSectors() * 512, -1);
        BlockSource backing = open(images.backing());
        BlockSource plog = open(images.plog())) {
      OpenRequest request =
          new OpenRequest(
              cache, plog, backing, null, DmTable.parse(set.info().table()), OptionalInt.empty());
      Recovery recovery =
          Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE));
      LogicalDevice logical = recovery.logical().orElseThrow();
      String replayed = copyHash(logical);
      if (Ddrescuelog.isInstalled()) {
        Ddrescuelog.accepts(new RecoveryMap(logical, recovery.report()), target.resolve("mapfile"));
      }
      assertEquals(replayed, toImage(logical, images.backing(), target.resolve("new.img")));
      if (set.info().end().startsWith("clean")) {
        Judge.Verdict verdict = Judge.judge(set, target.resolve("new.img"));
        assertEquals(0, verdict.bad() + verdict.count(Grade.ALLOWED), verdict.firstBad());
      }
      if (images.backing() != null) {
        inPlace(logical, images.backing(), target.resolve("undo"), replayed);
      }
    } finally {
      try (Stream<Path> files = Files.list(target)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static String toImage(LogicalDevice logical, @Nullable Path backing, Path path)
      throws IOException {
    try (ImageWriter writer = new ImageWriter(path, logical.size(), false, List.of())) {
      FlushResult result =
          new ImageFlush(logical, null, backing, 0).write(writer, false, Progress.NONE);
      writer.complete();
      assertEquals(0, result.notWritten().count());
    }
    return sha256(path);
  }

  private static void inPlace(LogicalDevice logical, Path backing, Path undo, String replayed)
      throws IOException {
    byte[] original = Files.readAllBytes(backing);
    FlushPlan plan = FlushPlan.of(logical, 0);
    InPlaceFlush flush = new InPlaceFlush(logical, 0);
    FlushResult tried;
    try (BlockSource disk = Images.open(backing.toString())) {
      tried = flush.compare(disk, plan, false, Progress.NONE);
    }
    assertArrayEquals(original, Files.readAllBytes(backing), "compared only");
    UndoTarget target = new UndoTarget(UndoTarget.Role.BACKING, "disk", original.length, "");
    for (int run = 0; run < 2; run++) {
      try (BlockDevice disk = Targets.open(backing.toString(), false);
          UndoFile file = UndoFile.openOrCreate(undo, plan.purpose(), List.of(target))) {
        FlushResult result = flush.write(disk, file, 0, plan, true, Progress.NONE);
        assertEquals(run == 0 ? tried.written() : 0, result.written(), "only what is missing");
        assertEquals(replayed, result.sha256());
        file.mark(UndoState.COMPLETE);
      }
    }
    assertEquals(replayed, sha256(backing));
    try (BlockDevice disk = Targets.open(backing.toString(), false);
        UndoFile file = UndoFile.open(undo)) {
      Undo.Result undone = new Undo(file).run(List.of(disk), false, Progress.NONE);
      assertEquals(tried.written(), undone.restored());
      assertEquals(UndoState.UNDONE, file.state());
    }
    assertTrue(Files.mismatch(backing, Files.write(undo, original)) < 0, "undone");
  }

  private static @Nullable BlockSource open(@Nullable Path path) {
    return path == null ? null : Images.open(path.toString());
  }

  private static @Nullable String copyHash(LogicalDevice device) {
    return DeviceCopier.copy(device, DeviceCopier.Target.NONE, true, Progress.NONE).sha256();
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
