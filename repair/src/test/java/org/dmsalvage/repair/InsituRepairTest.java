package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.inspect.format.insitu.InsituCode;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.recovery.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices that the real driver left behind, some with one thing wrong with them. */
class InsituRepairTest {

  private static final int BITMAP = 4096;

  private static List<GoldenSet> sets() {
    // What these hold was torn: only a part of a payload is left of it.
    return GoldenSets.ofFormat("insitu").stream()
        .filter(set -> !set.name().equals("is-lzo-wt-torn-data"))
        .toList();
  }

  private static List<InsituCode> codes(Plan plan) {
    return plan.actions().stream().map(action -> (InsituCode) action.code()).distinct().toList();
  }

  @ParameterizedTest
  @MethodSource("sets")
  void theDriverLosesNothingThatWasWrittenOnceTheBitmapIsRight(GoldenSet set) throws IOException {
    Devices devices = Devices.of(set.name());
    Plan plan = devices.plan();
    assertEquals(List.of(), plan.remaining());
    for (Action action : plan.actions()) {
      assertTrue(action.end() <= BITMAP + 4096, "only metadata is changed");
    }
    assertArrayEquals(
        Devices.shown(devices.request(), Policy.SALVAGE),
        Devices.shown(plan.repaired(), Policy.SALVAGE));
    byte[] driver = Devices.shown(plan.repaired(), Policy.DRIVER);
    Judge.Verdict verdict =
        Judge.judge(
            set,
            (sector, into) -> {
              System.arraycopy(driver, (int) sector * 512, into, 0, 512);
              return true;
            });
    assertEquals(0, verdict.bad(), verdict.firstBad());
    assertEquals(
        List.of(), Repairers.plan(plan.repaired(), _ -> true, Progress.NONE).actions(), "again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"is-lzo-text", "is-deflate-text"})
  void bringsBackASuperblock(String name) {
    Devices whole = Devices.of(name);
    byte[] shown = Devices.shown(whole.request(), Policy.SALVAGE);
    byte[] original = Arrays.copyOf(whole.cache().bytes(), 33);
    for (int byteOf : new int[] {0, 8, 16, 24, 32}) {
      Devices devices = Devices.of(name);
      devices.cache().bytes()[byteOf] ^= 0x40;
      Plan plan = devices.plan();
      assertEquals(1, plan.actions().size(), byteOf + ": " + plan.actions());
      assertArrayEquals(original, Arrays.copyOf(Devices.cacheOf(plan), 33));
      assertArrayEquals(shown, Devices.shown(plan.repaired(), Policy.DRIVER));
    }
    Devices other = Devices.of(name);
    other.cache().bytes()[32] ^= 1;
    assertEquals(List.of(InsituCode.ALGORITHM_MISMATCH), codes(other.assertRepaired()));
    Devices wiped = Devices.of(name);
    Arrays.fill(wiped.cache().bytes(), 0, 512, (byte) 0);
    assertArrayEquals(original, Arrays.copyOf(Devices.cacheOf(wiped.assertRepaired()), 33));
    Devices unreadable = Devices.of(name);
    unreadable.cache().breakSectors(0, 4096);
    assertEquals(List.of(InsituCode.SUPERBLOCK_UNREADABLE), codes(unreadable.assertRepaired()));
  }

  @Test
  void takesTheSizeOfADeviceThatWasCutOrGrownByABlock() {
    Devices devices = Devices.of("is-lzo-text");
    byte[] bytes = devices.cache().bytes();
    Devices cut = devices.withCache(new MemorySource(Arrays.copyOf(bytes, bytes.length - 4096)));
    assertEquals(List.of(), cut.plan().actions(), "that is for the user to decide");
    Plan plan = cut.plan("size");
    assertEquals(List.of(InsituCode.GEOMETRY), codes(plan));
    assertFalse(plan.actions().getFirst().lost().isEmpty());
    byte[] shown = Devices.shown(cut.request(), Policy.SALVAGE);
    byte[] driver = Devices.shown(plan.repaired(), Policy.DRIVER);
    assertEquals(shown.length - 4096, driver.length);
    // The extent that was cut reaches back to block 1017.
    assertEquals(1017, Arrays.mismatch(shown, driver) / 4096);
    Devices tiny = devices.withCache(new MemorySource(Arrays.copyOf(bytes, 4096)));
    assertEquals(List.of(), tiny.plan().actions(), "no driver can use so small a device");
  }

  @Test
  void findsTheBitmapAgainInThePayloads() {
    Devices devices = Devices.of("is-lzo-text");
    byte[] shown = Devices.shown(devices.request(), Policy.SALVAGE);
    byte[] bytes = devices.cache().bytes();
    byte[] bits = Arrays.copyOfRange(bytes, BITMAP, BITMAP + 1280);
    // Only what is compressed can be found: stored blocks keep their bits.
    byte[] left = bits.clone();
    for (int block = 0; block < 2048; block++) {
      if (MetaBitmap.get(bits, block) != 8 || MetaBitmap.get(bits, block + 1) > 15) {
        MetaBitmap.set(left, block, 0);
      }
    }
    System.arraycopy(left, 0, bytes, BITMAP, left.length);
    Plan plan = devices.assertRepaired();
    assertEquals(List.of(InsituCode.UNDESCRIBED_PAYLOAD), codes(plan));
    assertTrue(plan.actions().getFirst().risk().contains("formatting"));
    byte[] repaired = Devices.shown(plan.repaired(), Policy.DRIVER);
    int same = 0;
    for (int at = 0; at < shown.length; at += 4096) {
      same += Arrays.equals(shown, at, at + 4096, repaired, at, at + 4096) ? 1 : 0;
    }
    assertTrue(same > shown.length / 4096 * 9 / 10, same + " blocks");
    Plan without =
        Repairers.plan(devices.request(), c -> c != InsituCode.UNDESCRIBED_PAYLOAD, Progress.NONE);
    assertEquals(List.of(), without.actions());
  }

  @Test
  void givesTailsHeadsAndUnreadableBitsNewOnes() {
    Devices headless = Devices.of("is-lzo-text");
    byte[] bits = headless.cache().bytes();
    bits[BITMAP] = (byte) ((bits[BITMAP] & ~0x1f) | 0x18);
    Plan plan = headless.assertRepaired();
    assertEquals(List.of(), plan.remaining());
    Devices unreadable = Devices.of("is-lzo-text");
    unreadable.cache().breakSectors(BITMAP, 512);
    assertEquals(List.of(InsituCode.BITMAP_UNREADABLE), codes(unreadable.assertRepaired()));
    Devices ones = Devices.of("is-lzo-text");
    Arrays.fill(ones.cache().bytes(), BITMAP, BITMAP + 512, (byte) 0xff);
    ones.assertRepaired();
  }

  @Test
  void leavesAloneWhatNoBitsCanDescribeUnlessToldOtherwise() {
    Devices devices = Devices.of("is-lzo-text");
    byte[] shown = Devices.shown(devices.request(), Policy.SALVAGE);
    byte[] bytes = devices.cache().bytes();
    byte[] bits = Arrays.copyOfRange(bytes, BITMAP, BITMAP + 1280);
    int block = 0;
    while (MetaBitmap.get(bits, block) != 5 || MetaBitmap.get(bits, block + 1) != 0x10) {
      block++;
    }
    // A sector of zeros in the middle of the payload: only its beginning can be salvaged.
    int data = 4096 * (2 + block) + 2 * 512;
    Arrays.fill(bytes, data, data + 512, (byte) 0);
    byte[] partly = Devices.shown(devices.request(), Policy.SALVAGE);
    assertFalse(Arrays.equals(shown, partly));
    assertEquals(List.of(), devices.plan().actions());
    Plan forced = devices.plan("payloads");
    assertEquals(1, forced.actions().size());
    assertFalse(forced.actions().getFirst().lost().isEmpty());
    assertEquals(
        List.of(),
        Repairers.plan(forced.repaired(), new Wishes(_ -> true, List.of("payloads")), Progress.NONE)
            .actions());
  }
}
