package org.dmsalvage.replay.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import org.dmsalvage.fixtures.fuzz.Choices;
import org.dmsalvage.fixtures.fuzz.FuzzedCache;
import org.dmsalvage.fixtures.fuzz.FuzzedInsitu;
import org.dmsalvage.fixtures.fuzz.FuzzedWriteboost;
import org.dmsalvage.fixtures.fuzz.FuzzedWritecache;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.map.RecoveryMap;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;

/**
 * Replay of hostile images of all formats under both policies.
 *
 * <p>Whatever an image contains: nothing but our own errors is thrown; what a recovery reports can
 * be read; a second replay gives the same; salvage names each sector in which it differs from the
 * driver.
 */
public final class ReplayFuzz {

  /** Devices up to this size are read as a whole, of others the cached runs. */
  private static final int SMALL_DEVICE = 1 << 20;

  private static final int LONGEST_READ = 1 << 20;

  private ReplayFuzz() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Choices in = new Choices(input);
    FuzzedCache fuzzed =
        switch (in.below(3)) {
          case 0 -> FuzzedWriteboost.build(in);
          case 1 -> FuzzedInsitu.build(in);
          default -> FuzzedWritecache.build(in);
        };
    Optional<Recovery> salvage = replay(fuzzed, Policy.SALVAGE);
    Optional<byte[]> salvaged = salvage.flatMap(ReplayFuzz::examine);
    Optional<Recovery> driver = replay(fuzzed, Policy.DRIVER);
    Optional<byte[]> driven = driver.flatMap(ReplayFuzz::examine);
    if (salvaged.isPresent() && driven.isPresent()) {
      compare(salvage.get(), salvaged.get(), driver.get(), driven.get());
    }
    // A timeline shows what was committed, to its end.
    boolean all = fuzzed.asOf.isEmpty() && !fuzzed.uncommitted;
    if ((fuzzed.skipped & 2) == 0 && salvaged.isPresent() && all) {
      timeline(fuzzed, salvaged.get());
    }
    if ((fuzzed.skipped & 1) == 0 && salvage.isPresent()) {
      Recovery again = replay(fuzzed, Policy.SALVAGE).orElseThrow();
      assertSame(salvage.get().report(), again.report());
      Optional<byte[]> bytes = examine(again);
      assertEquals(salvaged.isPresent(), bytes.isPresent());
      bytes.ifPresent(second -> assertArrayEquals(salvaged.get(), second));
    }
  }

  private static Optional<Recovery> replay(FuzzedCache fuzzed, Policy policy) {
    try {
      return Optional.of(Replayers.replay(request(fuzzed, policy)));
    } catch (SalvageException e) {
      assertFalse(e.getMessage().isEmpty());
      return Optional.empty();
    }
  }

  private static ReplayRequest request(FuzzedCache fuzzed, Policy policy) {
    OpenRequest images =
        new OpenRequest(
            new MemorySource("cache", fuzzed.cache, fuzzed.badSectors),
            fuzzed.plog == null
                ? null
                : new MemorySource("plog", fuzzed.plog, fuzzed.badPlogSectors),
            fuzzed.backing == null
                ? null
                : new MemorySource("backing", fuzzed.backing, new BitSet()),
            fuzzed.format,
            fuzzed.table == null ? null : DmTable.parse(fuzzed.table),
            fuzzed.rambufPool);
    Selection selection = new Selection(fuzzed.asOf, fuzzed.olderLife, fuzzed.uncommitted);
    return new ReplayRequest(images, policy, fuzzed.logicalBytes, selection, Progress.NONE);
  }

  /**
   * The end of the timeline is what salvage shows, and between two points nothing changes outside
   * the ranges that it names.
   */
  private static void timeline(FuzzedCache fuzzed, byte[] salvaged) {
    Timeline timeline;
    try {
      timeline = Replayers.timeline(request(fuzzed, Policy.SALVAGE));
    } catch (SalvageException e) {
      assertFalse(e.getMessage().isEmpty());
      return;
    }
    long base = timeline.base();
    long newest = timeline.newest();
    assertArrayEquals(salvaged, bytes(timeline.at(newest)), "the end of the timeline");
    for (TimelineStep step : timeline.steps()) {
      assertTrue(step.shownSectors() <= step.changedSectors(), step::toString);
    }
    long middle = base + ((newest - base) >>> 1);
    byte[] earlier = bytes(timeline.at(middle));
    long[] end = new long[1];
    timeline.forEachChange(
        middle,
        newest,
        (sector, sectors, _, _) -> {
          assertTrue(sector >= end[0] && sectors > 0, "changes in order");
          end[0] = sector + sectors;
          int from = (int) Math.min(sector * 512, salvaged.length);
          int to = (int) Math.min(end[0] * 512, salvaged.length);
          System.arraycopy(salvaged, from, earlier, from, to - from);
        });
    assertArrayEquals(salvaged, earlier, "a change that is not named");
    end[0] = 0;
    timeline.forEachUnknown(
        middle,
        (sector, sectors, _, _) -> {
          assertTrue(sector >= end[0] && sectors > 0, "unknown ranges in order");
          end[0] = sector + sectors;
        });
  }

  private static byte[] bytes(LogicalDevice device) {
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.readAround(0, all);
    return all.array();
  }

  /** Reads what a recovery offers; all bytes if they are few and none is unreadable. */
  private static Optional<byte[]> examine(Recovery recovery) {
    ReplayReport report = recovery.report();
    assertTrue(report.appliedBlocks() <= report.appliedSectors(), "applied blocks");
    recovery.logical().ifPresent(device -> map(device, report));
    return recovery.logical().flatMap(device -> new Reader(device).read(report));
  }

  /** The map covers the device without a gap. */
  private static void map(LogicalDevice device, ReplayReport report) {
    long[] end = new long[1];
    new RecoveryMap(device, report)
        .forEach(
            (offset, length, _) -> {
              assertEquals(end[0], offset, "gap in the map");
              assertTrue(length > 0, "empty range in the map");
              end[0] = offset + length;
            });
    assertEquals(device.size(), end[0], "end of the map");
  }

  /** Reads a logical device. */
  private static final class Reader {
    private final LogicalDevice device;
    private long end;
    private long runBytes;
    private boolean unreadable;

    Reader(LogicalDevice device) {
      this.device = device;
    }

    Optional<byte[]> read(ReplayReport report) {
      assertTrue(device.size() >= 0, "size");
      device.forEachRun(this::run);
      assertTrue(report.appliedSectors() <= (runBytes + 511) / 512, "applied sectors");
      if (device.size() > SMALL_DEVICE || unreadable) {
        return Optional.empty();
      }
      ByteBuffer all = ByteBuffer.allocate((int) device.size());
      return device.readAround(0, all).isEmpty() ? Optional.of(all.array()) : Optional.empty();
    }

    private void run(long offset, long length, Origin origin) {
      assertTrue(offset >= end && length > 0, "runs in order");
      end = offset + length;
      runBytes += length;
      assertTrue(end <= device.size(), "runs inside the device");
      if (offset % 512 == 0) {
        assertEquals(origin, device.originOf(offset / 512));
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(length, LONGEST_READ));
      try {
        device.read(offset, bytes);
        assertFalse(bytes.hasRemaining());
      } catch (UnreadableException _) {
        unreadable = true;
      }
    }
  }

  /** Outside the ranges that salvage names, both policies show the same. */
  private static void compare(Recovery salvage, byte[] salvaged, Recovery driver, byte[] driven) {
    if (salvage.report().driver().isEmpty()) {
      return;
    }
    assertEquals(salvage.report().driver(), driver.report().driver());
    byte[] expected = Arrays.copyOf(driven, salvaged.length);
    long[] end = new long[1];
    salvage
        .report()
        .differences()
        .orElseThrow(() -> new AssertionError("no differences, though the driver gives a device"))
        .forEach(
            (offset, length, ours, theirs) -> {
              assertTrue(offset >= end[0] && length > 0, "differences in order");
              end[0] = offset + length;
              assertFalse(ours.isEmpty() || theirs.isEmpty());
              int from = (int) Math.min(offset, salvaged.length);
              int to = (int) Math.min(end[0], salvaged.length);
              System.arraycopy(salvaged, from, expected, from, to - from);
            });
    assertArrayEquals(expected, salvaged);
  }

  private static void assertSame(ReplayReport first, ReplayReport second) {
    assertEquals(first.position(), second.position());
    assertEquals(first.appliedBlocks(), second.appliedBlocks());
    assertEquals(first.appliedSectors(), second.appliedSectors());
    assertEquals(first.dropped().kept(), second.dropped().kept());
    assertEquals(first.atRisk().kept(), second.atRisk().kept());
    assertEquals(first.lost().kept(), second.lost().kept());
    assertEquals(first.findings().kept(), second.findings().kept());
    assertEquals(first.driver(), second.driver());
  }
}
