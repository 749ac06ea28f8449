package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.dmsalvage.fixtures.golden.CaseInfo.DriverTruth;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge.Verdict;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Both policies on caches that real drivers left behind, judged by what the drivers made of them.
 */
class WriteboostGoldenTest {

  /** Where salvage loses sectors too, and why; on all other sets it must lose none. */
  private static final Map<String, String> KNOWN_LOSSES =
      Map.of(
          "wb13-o7-torn-wrapped", "2013 has no data checksum: the torn newest cannot be told",
          "wb13-o10-torn-half", "2013 has no data checksum: the torn newest cannot be told",
          "wb13-o7-middle-lost-wrapped-reused", "spoilt by the driver before the crash (F17)");

  static List<GoldenSet> sets() {
    return GoldenSets.selected().stream()
        .filter(set -> set.info().format().startsWith("writeboost"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("sets")
  void judge(GoldenSet set, @TempDir Path directory) throws IOException {
    Replays replays = Replays.of(set, directory);
    byte[] driver = driver(replays);
    Recovery salvage = replays.replay(Policy.SALVAGE);
    byte[] salvaged = Replays.read(salvage.logical().orElseThrow());

    Verdict verdict = replays.judge(salvaged);
    if (!KNOWN_LOSSES.containsKey(set.name())) {
      assertEquals(0, verdict.bad(), verdict::firstBad);
    }
    if (driver.length > 0) {
      long theirs = replays.judge(driver).bad();
      assertTrue(verdict.bad() <= theirs, () -> verdict + ", the driver " + theirs);
      assertEquals(differing(salvaged, driver), reported(salvage), "reported differences");
    }
  }

  /** Checks the driver's policy; the device that it shows, or nothing. */
  private static byte[] driver(Replays replays) {
    DriverTruth truth = replays.set.driver();
    Recovery recovery = replays.replay(Policy.DRIVER);
    DriverOutcome outcome = recovery.report().driver().orElseThrow();
    if (truth.logicalSha256() == null) {
      assertTrue(recovery.logical().isEmpty());
      assertEquals(expectedEnd(truth), outcome.outcome(), outcome::reason);
      return new byte[0];
    }
    byte[] device = Replays.read(recovery.logical().orElseThrow());
    assertEquals(truth.logicalSha256(), sha256(device), outcome::toString);
    boolean hung = truth.stoppedBy() != null && truth.stoppedBy().startsWith("hang");
    assertEquals(hung ? Writeback.HANGS : Writeback.COMPLETES, outcome.writeback());
    if (outcome.outcome() == Outcome.ACCEPT && truth.lastFlushedId() != null) {
      assertEquals(
          truth.lastFlushedId(), recovery.report().position().value("lastFlushedId"), "position");
    }
    return device;
  }

  private static Outcome expectedEnd(DriverTruth truth) {
    if (truth.stoppedBy() == null) {
      assertNotNull(truth.error());
      return Outcome.REFUSE;
    }
    return truth.stoppedBy().startsWith("livelock") ? Outcome.HANG : Outcome.CRASH;
  }

  private static BitSet differing(byte[] one, byte[] other) {
    BitSet sectors = new BitSet();
    for (int at = 0; at < one.length; at += 512) {
      if (!Arrays.equals(one, at, at + 512, other, at, at + 512)) {
        sectors.set(at / 512);
      }
    }
    return sectors;
  }

  private static BitSet reported(Recovery salvage) {
    BitSet sectors = new BitSet();
    salvage
        .report()
        .differences()
        .orElseThrow()
        .forEach(
            (offset, length, _, _) -> {
              assertTrue(offset / 512 >= sectors.length(), "ascending");
              sectors.set((int) (offset / 512), (int) ((offset + length) / 512));
            });
    return sectors;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
