package org.dmsalvage.replay.clean;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.clean.WriteSink.Image;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Empties real caches over a backing device that holds everything, cuts the power at and between
 * the syncs, and asks what the driver would make of each state: always that backing device.
 */
class EmptierTest {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Torn states tried behind each sync. */
  private static final int TORN_STATES = 3;

  @TempDir Path directory;

  /** Every one of some sets; all with {@code -Ddmsalvage.everySet=true}. */
  @TestFactory
  Stream<DynamicTest> noStateBringsBackOldData() {
    boolean every = Boolean.getBoolean("dmsalvage.everySet");
    List<GoldenSet> sets =
        GoldenSets.selected().stream().filter(s -> !s.info().table().contains("insitu")).toList();
    return Stream.iterate(0, i -> i < sets.size(), i -> i + (every ? 1 : 5))
        .map(sets::get)
        .map(set -> DynamicTest.dynamicTest(set.name(), () -> empties(set)));
  }

  private void empties(GoldenSet set) throws IOException {
    GoldenSet.Images images = set.unpack(Files.createDirectory(directory.resolve(set.name())));
    try (BlockSource cache =
            Images.open(images.cache().toString(), set.info().offsetSectors() * 512, -1);
        BlockSource backing = open(images.backing());
        BlockSource plog = open(images.plog())) {
      DmTable table = DmTable.parse(set.info().table());
      OpenRequest crashed = new OpenRequest(cache, plog, backing, null, table, OptionalInt.empty());
      String format = Formats.open(crashed).format();
      Recovery recovery = replay(crashed, Policy.SALVAGE);
      Medium medium = new Medium(cache, plog, recovery.logical().orElseThrow(), table, format);
      Emptier emptier = Replayers.forFormat(format).emptier().orElseThrow();
      Recorder recorder = new Recorder();
      try {
        emptier.empty(medium.request(), recorder, Progress.NONE);
      } catch (UnsupportedImageException e) {
        assertTrue(e.getMessage().contains("repair"), e.getMessage());
        return;
      }
      Random random = new Random(set.name().hashCode());
      List<Write> before = List.of();
      for (List<Write> step : recorder.steps) {
        for (int i = 0; i < TORN_STATES && !before.isEmpty(); i++) {
          Medium torn = medium.copy();
          step.forEach(write -> torn.apply(write, random));
          torn.showsTheBackingDevice("torn");
        }
        step.forEach(write -> medium.apply(write, null));
        medium.showsTheBackingDevice("synced");
        before = step;
      }
      Recorder again = new Recorder();
      emptier.empty(medium.request(), again, Progress.NONE);
      assertEquals(List.of(), again.steps, "a clean cache needs no write");
      Recovery clean = replay(medium.request(), Policy.SALVAGE);
      assertEquals(0, clean.report().appliedBlocks());
      assertEquals(0, clean.report().lost().count() + clean.report().atRisk().count());
      assertFalse(recorder.unsynced, "the last write is synced");
    }
  }

  private static Recovery replay(OpenRequest request, Policy policy) {
    return Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  private static @Nullable BlockSource open(@Nullable Path path) {
    return path == null ? null : Images.open(path.toString());
  }

  /** A write of whole sectors. */
  private record Write(Image image, long offset, ByteBuffer bytes) {}

  /** Keeps writes, by sync. */
  private static final class Recorder implements WriteSink {
    private final List<List<Write>> steps = new ArrayList<>();
    private boolean unsynced;

    @Override
    public void write(Image image, long offset, ByteBuffer bytes) {
      assertEquals(0, offset % SECTOR);
      assertEquals(0, bytes.remaining() % SECTOR);
      ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
      if (!unsynced) {
        steps.add(new ArrayList<>());
      }
      unsynced = true;
      steps.getLast().add(new Write(image, offset, copy));
    }

    @Override
    public void sync() {
      unsynced = false;
    }
  }

  /** The images as they would stand after some writes. */
  private static final class Medium {
    private final BlockSource cache;
    private final @Nullable BlockSource plog;
    private final LogicalDevice recovered;
    private final DmTable table;
    private final String format;
    private final Map<Image, NavigableMap<Long, byte[]>> sectors = new EnumMap<>(Image.class);

    Medium(
        BlockSource cache,
        @Nullable BlockSource plog,
        LogicalDevice recovered,
        DmTable table,
        String format) {
      this.cache = cache;
      this.plog = plog;
      this.recovered = recovered;
      this.table = table;
      this.format = format;
      for (Image image : Image.values()) {
        sectors.put(image, new TreeMap<>());
      }
    }

    Medium copy() {
      Medium copy = new Medium(cache, plog, recovered, table, format);
      sectors.forEach((image, written) -> copy.written(image).putAll(written));
      return copy;
    }

    private NavigableMap<Long, byte[]> written(Image image) {
      return sectors.get(image);
    }

    /** Applies a write, or by chance only some of its sectors. */
    void apply(Write write, @Nullable Random random) {
      for (int at = 0; at < write.bytes.limit(); at += SECTOR) {
        if (random == null || random.nextBoolean()) {
          byte[] sector = new byte[SECTOR];
          write.bytes.get(at, sector);
          written(write.image).put(write.offset + at, sector);
        }
      }
    }

    OpenRequest request() {
      return new OpenRequest(
          new Patched(cache, written(Image.CACHE)),
          plog == null ? null : new Patched(plog, written(Image.PLOG)),
          recovered,
          format,
          table,
          OptionalInt.empty());
    }

    void showsTheBackingDevice(String state) {
      Recovery driver = replay(request(), Policy.DRIVER);
      Outcome outcome = driver.report().driver().orElseThrow().outcome();
      assertTrue(
          outcome == Outcome.ACCEPT || outcome == Outcome.FORMAT, () -> state + ": " + outcome);
      LogicalDevice device = driver.logical().orElseThrow();
      assertEquals(recovered.size(), device.size());
      device.forEachRun(
          (offset, length, origin) -> {
            ByteBuffer shown = ByteBuffer.allocate((int) length);
            ByteBuffer wanted = ByteBuffer.allocate((int) length);
            device.readAround(offset, shown);
            recovered.readAround(offset, wanted);
            assertArrayEquals(
                wanted.array(), shown.array(), () -> state + ": " + offset + " from " + origin);
          });
    }
  }

  /** An image with some sectors changed. */
  private record Patched(BlockSource source, NavigableMap<Long, byte[]> written)
      implements BlockSource {

    @Override
    public String name() {
      return source.name();
    }

    @Override
    public long size() {
      return source.size();
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int from = target.position();
      int length = target.remaining();
      source.read(offset, target);
      long first = offset - offset % SECTOR;
      written
          .subMap(first, offset + length)
          .forEach(
              (at, sector) -> {
                for (int i = 0; i < SECTOR; i++) {
                  long to = at + i - offset;
                  if (to >= 0 && to < length) {
                    target.put(from + (int) to, sector[i]);
                  }
                }
              });
    }

    @Override
    public void close() {}
  }
}
