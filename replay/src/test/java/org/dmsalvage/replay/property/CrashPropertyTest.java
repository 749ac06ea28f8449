package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.InsituDriver;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver.Shape;
import org.dmsalvage.fixtures.fault.WriteLoss;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.fixtures.golden.Judge.Verdict;
import org.dmsalvage.fixtures.golden.SectorTruth;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.pattern.SectorPattern;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;

/**
 * The power goes off at any moment of any workload, and writes that no flush has covered are lost,
 * torn or reordered: salvage loses nothing durable, invents nothing, and never shows older data
 * than the backing device holds. What the drivers do with the same images can be told, whatever it
 * is.
 */
class CrashPropertyTest {
  private static final int SECTORS = 1024;

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloads(SECTORS);
  }

  @Provide
  Arbitrary<Crash> crashes() {
    return Workloads.crashes(WriteLoss.values());
  }

  @Provide
  Arbitrary<Crash> crashesWithoutLoss() {
    return Workloads.crashes(WriteLoss.NONE);
  }

  @Provide
  Arbitrary<Layout> checkedLogs() {
    return Arbitraries.of(
        new Layout(Variant.RAW_2014, 4, 2048 + 20 * 16),
        new Layout(Variant.RAW_2014, 6, 2048 + 7 * 64 + 30),
        new Layout(Variant.RAW_1_0, 5, 2048 + 2 * 32),
        new Layout(Variant.COMPLEMENTED_2, 10, 2048 + 3 * 1024));
  }

  @Property
  void checksummedLog(
      @ForAll("checkedLogs") Layout layout,
      @ForAll("workloads") Workload workload,
      @ForAll("crashes") Crash crash) {
    CrashedImages images = WriteboostDriver.run(layout, workload, crash);
    Devices devices = Devices.of(images, false, true, null);

    BitSet writtenBack =
        namedByTornSegments(layout, arrived(layout, 0, workload, crash), images.cache());
    assertNothingLost(images, Writes.of(workload, 1), devices.salvage(), writtenBack);
    assertDriverIsTold(devices);
  }

  @Property
  void plog(
      @ForAll @IntRange(min = 1, max = 8) int ring,
      @ForAll("workloads") Workload workload,
      @ForAll("crashes") Crash crash) {
    Layout layout = new Layout(Variant.RAW_2014, 6, 2048 + 12 * 64);
    CrashedImages images = WriteboostDriver.run(layout, ring, workload, crash);
    Devices devices = Devices.of(images, true, true, null);

    BitSet writtenBack =
        namedByTornSegments(layout, arrived(layout, ring, workload, crash), images.cache());
    assertNothingLost(images, Writes.of(workload, 1), devices.salvage(), writtenBack);
    assertDriverIsTold(devices);
  }

  @Property
  void logOf2013ThatArrivedWhole(
      @ForAll("workloads") Workload workload, @ForAll("crashesWithoutLoss") Crash crash) {
    Layout layout = new Layout(Variant.LAPS_2013, 5, 2048 + 6 * 32);
    CrashedImages images = WriteboostDriver.run(layout, workload, crash);
    Devices devices = Devices.of(images, false, true, null);

    assertNothingLost(images, Writes.of(workload, 1), devices.salvage(), new BitSet());
    assertDriverIsTold(devices);
  }

  /**
   * Rules F12 and F13: without checksums nothing tells that a segment is torn, so that what its
   * header names may be spoilt. Nothing else may be.
   */
  @Property
  void logOf2013(@ForAll("workloads") Workload workload, @ForAll("crashes") Crash crash) {
    Layout layout = new Layout(Variant.LAPS_2013, 5, 2048 + 6 * 32);
    CrashedImages images = WriteboostDriver.run(layout, workload, crash);
    byte[] arrived = arrived(layout, 0, workload, crash);
    BitSet mayBeSpoilt = namedByTornSegments(layout, images.cache(), arrived);
    Devices devices = Devices.of(images, false, true, null);

    byte[] logical = devices.salvage();
    for (SectorTruth truth : images.truth()) {
      if (!mayBeSpoilt.get((int) truth.sector())) {
        Judge.Grade grade =
            Judge.grade(truth, SectorPattern.ORC1.read(logical, (int) truth.sector() * 512));
        assertTrue(
            grade != Judge.Grade.LOST && grade != Judge.Grade.CORRUPT,
            () -> truth + " is " + grade);
      }
    }
    assertDriverIsTold(devices);
  }

  /** The dirty sectors that the segments of a cache name whose bytes differ in another one. */
  private static BitSet namedByTornSegments(Layout layout, byte[] cache, byte[] other) {
    BitSet named = new BitSet();
    ByteBuffer in = ByteBuffer.wrap(cache).order(ByteOrder.LITTLE_ENDIAN);
    for (int slot = 0; slot < layout.segmentCount(); slot++) {
      int at = layout.segmentOffset(slot);
      int end = at + (512 << layout.order());
      if (!Arrays.equals(cache, at, end, other, at, end)) {
        for (int i = 0; i < (cache[at + layout.lengthField()] & 0xff); i++) {
          int dirtyBits = cache[at + layout.metablockField(i) + 8];
          int sector = (int) in.getLong(at + layout.metablockField(i));
          for (int s = 0; s < 8; s++) {
            if ((dirtyBits & (1 << s)) != 0) {
              named.set(sector + s);
            }
          }
        }
      }
    }
    return named;
  }

  @Provide
  Arbitrary<Shape> shapes() {
    return Arbitraries.of(new Shape(512, 60, 0), new Shape(1024, 100, 8), new Shape(4096, 300, 0));
  }

  /** A block is overwritten in place, so that its content can be newer than its commit. */
  @Property
  void writecache(
      @ForAll("shapes") Shape shape,
      @ForAll("workloads") Workload workload,
      @ForAll("crashes") Crash crash) {
    CrashedImages images = WritecacheDriver.run(shape, workload, crash);
    String table =
        "0 %d writecache s /dev/a /dev/b %d 2 start_sector %d"
            .formatted(SECTORS, shape.blockSize(), shape.startSector());
    Devices devices = Devices.of(images, false, true, table);

    byte[] logical = devices.salvage();
    assertNothingLost(images, Writes.of(workload, shape.blockSize() / 512), logical, new BitSet());
    WritecacheImage model = shape.format();
    System.arraycopy(images.cache(), 0, model.bytes(), 0, model.bytes().length);
    assertArrayEquals(model.logical(images.backing()), logical);
    // Nothing that a crash does can make this driver refuse, or lose what salvage finds.
    Recovery driver = devices.replay(Policy.DRIVER);
    assertEquals(Outcome.ACCEPT, driver.report().driver().orElseThrow().outcome());
    assertArrayEquals(logical, Devices.bytes(driver.logical().orElseThrow()));
  }

  /** Between two requests, as this format has no protection against a crash inside one. */
  @Property
  void insitu(
      @ForAll Algorithm algorithm,
      @ForAll("workloads") Workload workload,
      @ForAll @IntRange(min = 0, max = 150) int requests,
      @ForAll long seed) {
    int deviceBytes = 4096 * (2 + SECTORS / 8);
    CrashedImages images = InsituDriver.run(algorithm, deviceBytes, workload, requests, seed);
    Devices devices = Devices.of(images, false, false, null);

    byte[] logical = devices.salvage();
    Verdict verdict = images.judge(logical);
    assertEquals(images.truth().size(), verdict.count(Judge.Grade.LATEST), verdict.firstBad());
    assertArrayEquals(
        logical, Devices.bytes(devices.replay(Policy.DRIVER).logical().orElseThrow()));
  }

  private static void assertNothingLost(
      CrashedImages images, Writes writes, byte[] logical, BitSet mayBeOlder) {
    Verdict verdict = images.judge(logical);
    assertEquals(0, verdict.bad(), verdict.firstBad());
    writes.assertNothingInvented(logical, images.backing(), mayBeOlder);
  }

  /**
   * What a cache device would hold if all writes had arrived. A segment that differs was torn or
   * lost; if it had been written back already, the backing device is newer than the log there.
   */
  private static byte[] arrived(Layout layout, int ring, Workload workload, Crash crash) {
    Crash whole = new Crash(crash.operations(), WriteLoss.NONE, crash.seed());
    return WriteboostDriver.run(layout, ring, workload, whole).cache();
  }

  /** The driver's view can be told, and there is one unless the driver gives none. */
  private static void assertDriverIsTold(Devices devices) {
    Recovery driver = devices.replay(Policy.DRIVER);
    Outcome outcome = driver.report().driver().orElseThrow().outcome();
    boolean device = outcome == Outcome.ACCEPT || outcome == Outcome.FORMAT;
    assertEquals(device, driver.logical().isPresent(), outcome::toString);
    driver.logical().ifPresent(Devices::bytes);
  }
}
