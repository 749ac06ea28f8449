package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Repairs of caches that real drivers left behind, or that were damaged on purpose. */
class RepairGoldenTest {

  /** What a driver still makes of a repaired cache, and why it is not what salvage shows. */
  private static final Map<String, String> STILL_WRONG =
      Map.of(
          "wb-around", "write_around_mode in the table line formats the cache at each attach",
          "wb-below-superblock", "the device has no room for a superblock",
          "wb-too-small", "the device has no room for a segment");

  @TempDir private Path directory;

  static Stream<GoldenSet> repairable() {
    return GoldenSets.all().stream().filter(set -> !set.info().format().equals("insitu"));
  }

  @ParameterizedTest
  @MethodSource("repairable")
  void aDriverShowsAfterTheRepairWhatSalvageShowedBefore(GoldenSet set) throws IOException {
    GoldenSet.Images files = set.unpack(directory);
    try (BlockSource cache =
            Images.open(files.cache().toString(), set.info().offsetSectors() * 512, -1);
        BlockSource backing = Images.open(String.valueOf(files.backing()));
        BlockSource plog = files.plog() == null ? cache : Images.open(files.plog().toString())) {
      OpenRequest images =
          new OpenRequest(
              cache,
              files.plog() == null ? null : plog,
              backing,
              set.info().format(),
              DmTable.parse(set.info().table()),
              OptionalInt.empty());
      Plan plan = Repairers.plan(images, _ -> true, Progress.NONE);
      OpenRequest repaired = plan.repaired();
      byte[] before = bytes(replay(images, Policy.SALVAGE));
      assertArrayEquals(before, bytes(replay(repaired, Policy.SALVAGE)), "salvage");
      assertEquals(
          List.of(), Repairers.plan(repaired, _ -> true, Progress.NONE).actions(), "once more");
      if (!STILL_WRONG.containsKey(set.name())) {
        Recovery driver = replay(repaired, Policy.DRIVER);
        DriverOutcome outcome = driver.report().driver().orElseThrow();
        assertEquals(DriverOutcome.Outcome.ACCEPT, outcome.outcome(), outcome.reason());
        assertArrayEquals(before, bytes(driver), "driver");
      }
    }
  }

  private static Recovery replay(OpenRequest images, Policy policy) {
    return Replayers.replay(ReplayRequest.of(images, policy, Progress.NONE));
  }

  private static byte[] bytes(Recovery recovery) {
    BlockSource device = recovery.logical().orElseThrow();
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.read(0, all);
    return all.array();
  }
}
