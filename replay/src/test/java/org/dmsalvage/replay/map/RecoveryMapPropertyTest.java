package org.dmsalvage.replay.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/** Maps of real images, whole and damaged, against what the device says of each sector. */
class RecoveryMapPropertyTest {

  private static final int SECTOR = 512;
  private static final Map<String, TestImages> IMAGES = new HashMap<>();

  private static TestImages images(String name) {
    return IMAGES.computeIfAbsent(name, TestImages::of);
  }

  @Provide
  Arbitrary<String> sets() {
    return Arbitraries.of(TestImages.NAMES);
  }

  /** The status of each sector of a device. */
  private static RangeStatus[] statuses(Recovery recovery) {
    LogicalDevice device = recovery.logical().orElseThrow();
    RecoveryMap map = new RecoveryMap(device, recovery.report());
    RangeStatus[] statuses = new RangeStatus[(int) (device.size() / SECTOR)];
    long[] end = new long[1];
    RangeStatus[] last = new RangeStatus[1];
    map.forEach(
        (offset, length, status) -> {
          assertEquals(end[0], offset, "no gap, no overlap");
          assertTrue(length > 0);
          assertEquals(0, length % SECTOR);
          assertNotEquals(last[0], status, "neighbours are joined");
          end[0] = offset + length;
          last[0] = status;
          Arrays.fill(statuses, (int) (offset / SECTOR), (int) (end[0] / SECTOR), status);
        });
    assertEquals(device.size(), end[0], "covers the device");
    assertEquals(device.size(), map.bytes().values().stream().mapToLong(Long::longValue).sum());
    return statuses;
  }

  @Property(tries = 60)
  void saysOfEachSectorWhatTheDeviceSays(
      @ForAll("sets") String name, @ForAll Policy policy, @ForAll long seed) {
    Random random = new Random(seed);
    TestImages images = images(name);
    byte[] cache = images.cache().bytes();
    for (int hits = random.nextInt(4); hits > 0; hits--) {
      cache =
          new Damage.RandomBytes(
                  random.nextInt(cache.length - 4096), 1 + random.nextInt(4096), random.nextLong())
              .applyTo(cache);
    }
    Recovery recovery;
    try {
      recovery = images.with(cache).replay(policy);
    } catch (SalvageException _) {
      return;
    }
    if (recovery.logical().isEmpty()) {
      return;
    }
    RangeStatus[] statuses = statuses(recovery);
    for (int sector = 0; sector < statuses.length; sector++) {
      RangeStatus expected =
          recovery.report().lost().ranges().contains((long) sector * SECTOR)
              ? RangeStatus.LOST
              : recovery.report().atRisk().ranges().contains((long) sector * SECTOR)
                  ? RangeStatus.AT_RISK
                  : recovery.logical().orElseThrow().originOf(sector) instanceof Origin.Cached
                      ? RangeStatus.RECOVERED
                      : RangeStatus.UNTOUCHED;
      assertEquals(expected, statuses[sector], "sector " + sector);
    }
  }

  @Example
  void blocksOfABrokenSegmentAreAtRiskWhereNoNewerOneShows() {
    TestImages images = images("wb-o7-volatile");
    LogicalDevice whole = images.replay(Policy.SALVAGE).logical().orElseThrow();
    // The segment of order 7 in slot 12; its data, not its header.
    int start = (2048 + (12 << 7)) * SECTOR;
    int end = start + (SECTOR << 7);
    byte[] broken = new Damage.RandomBytes(start + 8192, 600, 5).applyTo(images.cache().bytes());
    Recovery recovery = images.with(broken).replay(Policy.SALVAGE);
    RangeStatus[] statuses = statuses(recovery);
    int atRisk = 0;
    for (int sector = 0; sector < statuses.length; sector++) {
      boolean wasThere =
          whole.originOf(sector) instanceof Origin.Cached(String _, long offset)
              && offset >= start
              && offset < end;
      assertEquals(wasThere, statuses[sector] == RangeStatus.AT_RISK, "sector " + sector);
      atRisk += wasThere ? 1 : 0;
    }
    assertTrue(atRisk > 0);
    assertEquals(recovery.report().atRisk().sectors(), atRisk);
  }

  @Example
  void whatCannotBeDecompressedIsLost() {
    TestImages images = images("is-lzo-wt-torn-data");
    Recovery recovery = images.replay(Policy.SALVAGE);
    RangeStatus[] statuses = statuses(recovery);
    assertEquals(recovery.report().lost().sectors(), count(statuses, RangeStatus.LOST));
    assertEquals(recovery.report().atRisk().sectors(), count(statuses, RangeStatus.AT_RISK));
    assertTrue(count(statuses, RangeStatus.LOST) > 0);
    assertTrue(count(statuses, RangeStatus.AT_RISK) > 0);
  }

  private static long count(RangeStatus[] statuses, RangeStatus wanted) {
    return Arrays.stream(statuses).filter(status -> status == wanted).count();
  }

  @Example
  void unreadableDataIsFoundWithoutReadingTheRest() {
    TestImages images = images("wc512-midcommit").with(images("wc512-midcommit").cache().bytes());
    LogicalDevice device = images.replay(Policy.SALVAGE).logical().orElseThrow();
    long[] last = new long[2];
    device.forEachRun(
        (offset, _, origin) -> {
          last[0] = offset;
          last[1] = ((Origin.Cached) origin).offset();
        });
    assertEquals(List.of(), CachedData.unreadable(device, Progress.NONE));
    images.cache().unreadable().set((int) (last[1] / SECTOR));
    assertEquals(
        List.of(new ByteRange(last[0], SECTOR)), CachedData.unreadable(device, Progress.NONE));
  }
}
