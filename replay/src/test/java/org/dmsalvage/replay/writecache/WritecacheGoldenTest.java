package org.dmsalvage.replay.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays what real kernels left behind, and compares with what they made of it. */
class WritecacheGoldenTest {

  @TempDir Path directory;

  static List<GoldenSet> sets() {
    return GoldenSets.selected().stream()
        .filter(set -> set.info().format().equals("writecache"))
        .toList();
  }

  /** The opened images of a set. */
  private record Opened(BlockSource cache, BlockSource backing) implements AutoCloseable {

    OpenRequest request(GoldenSet set) {
      return new OpenRequest(
          cache, null, backing, null, DmTable.parse(set.info().table()), OptionalInt.empty());
    }

    @Override
    public void close() {
      cache.close();
      backing.close();
    }
  }

  private Opened open(GoldenSet set, boolean cut) throws IOException {
    GoldenSet.Images images = set.unpack(directory);
    return new Opened(
        Images.open(images.cache().toString(), cut ? set.info().offsetSectors() * 512 : 0, -1),
        Images.open(Objects.requireNonNull(images.backing()).toString()));
  }

  private static Recovery replay(OpenRequest request, Policy policy) {
    return Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  private static String hash(LogicalDevice device) {
    return DeviceCopier.copy(device, DeviceCopier.Target.NONE, true, Progress.NONE).sha256();
  }

  @ParameterizedTest
  @MethodSource("sets")
  void driverPolicyIsTheDriver(GoldenSet set) throws IOException {
    try (Opened opened = open(set, false)) {
      Recovery recovery = replay(opened.request(set), Policy.DRIVER);
      DriverOutcome driver = recovery.report().driver().orElseThrow();
      assertEquals(set.driver().accepted(), driver.outcome() == Outcome.ACCEPT, driver.reason());
      assertEquals(set.driver().accepted(), recovery.logical().isPresent());
      if (set.driver().accepted()) {
        assertEquals(set.driver().logicalSha256(), hash(recovery.logical().orElseThrow()));
        assertEquals(set.driver().completed(), driver.writeback() == Writeback.COMPLETES);
      } else {
        assertEquals(Outcome.REFUSE, driver.outcome());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void salvageLosesNothing(GoldenSet set) throws IOException {
    try (Opened opened = open(set, true)) {
      Recovery recovery = replay(opened.request(set), Policy.SALVAGE);
      LogicalDevice device = recovery.logical().orElseThrow();
      assertEquals(set.info().logicalSectors() * 512, device.size());
      Judge.Verdict verdict =
          Judge.judge(
              set,
              (sector, into) -> {
                device.read(sector * 512, ByteBuffer.wrap(into));
                return true;
              });
      assertTrue(verdict.bad() == 0, verdict.firstBad());
      boolean[] differs = {false};
      recovery.report().differences().orElseThrow().forEach((o, l, s, d) -> differs[0] = true);
      // One of the twins was forged: its block was never written, and the driver takes that one.
      boolean twins = set.name().equals("wc4096-twins");
      boolean same = set.driver().accepted() && !twins;
      assertEquals(same, hash(device).equals(set.driver().logicalSha256()));
      assertEquals(same, !differs[0]);
      assertEquals(twins ? 1 : 0, recovery.report().atRisk().count());
    }
  }
}
