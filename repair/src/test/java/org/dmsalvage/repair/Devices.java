package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/**
 * The devices of a real crash, in memory, for a test to damage.
 *
 * @param format of the cache; null if it is to be found out
 * @param table its table line; null if it is not known
 * @param cache the cache device
 * @param plog the plog device; null if there is none
 * @param backing the backing device; null if there is none
 */
record Devices(
    @Nullable String format,
    @Nullable DmTable table,
    MemorySource cache,
    @Nullable MemorySource plog,
    @Nullable MemorySource backing) {

  static Devices of(String name) {
    try {
      Path directory = Files.createTempDirectory("devices");
      GoldenSet set = GoldenSets.get(name);
      GoldenSet.Images files = set.unpack(directory);
      Devices devices =
          new Devices(
              set.info().format(),
              DmTable.parse(set.info().table()),
              load(files.cache()),
              files.plog() == null ? null : load(files.plog()),
              files.backing() == null ? null : load(files.backing()));
      Files.delete(directory);
      return devices;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MemorySource load(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return new MemorySource(bytes);
  }

  Devices withCache(MemorySource other) {
    return with(other, plog);
  }

  Devices with(MemorySource otherCache, @Nullable MemorySource otherPlog) {
    return new Devices(format, table, otherCache, otherPlog, backing);
  }

  /** {@return the same devices, without a word about what they are} */
  Devices unnamed() {
    return new Devices(null, null, cache, plog, backing);
  }

  OpenRequest request() {
    return new OpenRequest(cache, plog, backing, format, table, OptionalInt.empty());
  }

  Plan plan(String... preferred) {
    return Repairers.plan(request(), new Wishes(_ -> true, List.of(preferred)), Progress.NONE);
  }

  /** {@return the cache as a plan makes it} */
  static byte[] cacheOf(Plan plan) {
    return bytes(plan.repaired().cache());
  }

  /**
   * Plans the repair, and holds it to its promise: salvage and a driver show of the repaired cache
   * what salvage showed before, and it needs no repair.
   */
  Plan assertRepaired() {
    Plan plan = plan();
    OpenRequest repaired = plan.repaired();
    byte[] before = shown(request(), Policy.SALVAGE);
    assertArrayEquals(before, shown(repaired, Policy.SALVAGE), "salvage");
    Recovery driver = replay(repaired, Policy.DRIVER);
    DriverOutcome outcome = driver.report().driver().orElseThrow();
    assertEquals(DriverOutcome.Outcome.ACCEPT, outcome.outcome(), outcome.reason());
    assertArrayEquals(before, bytes(driver.logical().orElseThrow()), "driver");
    List<Action> more = Repairers.plan(repaired, _ -> true, Progress.NONE).actions();
    assertEquals(List.of(), more, "a repaired cache needs no repair");
    return plan;
  }

  static byte[] shown(OpenRequest images, Policy policy) {
    return bytes(replay(images, policy).logical().orElseThrow());
  }

  private static Recovery replay(OpenRequest images, Policy policy) {
    return Replayers.replay(ReplayRequest.of(images, policy, Progress.NONE));
  }

  /** {@return what a device holds, zeros where it cannot be read} */
  static byte[] bytes(BlockSource device) {
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.readAround(0, all);
    return all.array();
  }
}
