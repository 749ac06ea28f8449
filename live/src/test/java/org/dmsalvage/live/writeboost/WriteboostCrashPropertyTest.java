package org.dmsalvage.live.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;

/**
 * Power cuts at every moment of a random workload: salvage, the drivers' own replay, and the engine
 * itself find what was flushed, and in every sector something that was written to it. Then the
 * engine goes on with what one of the cuts left, and is cut off again.
 */
class WriteboostCrashPropertyTest {

  private static final int SECTOR = 512;
  private static final int BLOCK = 4096;
  private static final int BACKING = 0;
  private static final int CACHE = 1;
  private static final int PLOG = 2;
  private static final int BLOCKS = 12;
  private static final int SIZE = BLOCKS * BLOCK;

  /** Something that was done, and when: from so many events to so many. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Deed(String what, boolean flush, int from, int to, byte[] after) {}

  /** A table line, and the devices for it. */
  private record Setup(String line, boolean plog, int cacheBytes, int plogBytes) {

    static Setup of2014(SplittableRandom random, boolean plog) {
      int order = random.nextInt(4, 7);
      int segments = random.nextInt(2, 7);
      int perSegment = (1 << (order - 3)) - 1;
      int pool = random.nextInt(1, 10);
      String[] tunables = {
        "",
        " 2 allow_writeback 1",
        " 4 allow_writeback 1 nr_max_batched_writeback 1",
        " 6 sync_interval 1 update_record_interval 1 nr_max_batched_writeback 2",
        " 6 enable_writeback_modulator 1 writeback_threshold 100 update_record_interval 1"
      };
      String line =
          "0 %d writeboost %d backing cache%s 4 segment_size_order %d nr_rambuf_pool %d%s"
              .formatted(
                  SIZE / SECTOR,
                  plog ? 1 : 0,
                  plog ? " plog" : "",
                  order,
                  pool,
                  tunables[random.nextInt(tunables.length)]);
      int plogSegments = random.nextInt(1, 11);
      return new Setup(
          line,
          plog,
          (1 << 20) + segments * (SECTOR << order) + 512 * random.nextInt(8),
          plogSegments * 9 * perSegment * SECTOR);
    }

    static Setup of2(SplittableRandom random) {
      String[] tunables = {
        "",
        " 2 writeback_threshold 100",
        " 6 sync_data_interval 1 update_sb_record_interval 1 writeback_threshold 100"
      };
      String line =
          "0 %d writeboost backing cache%s"
              .formatted(SIZE / SECTOR, tunables[random.nextInt(tunables.length)]);
      return new Setup(line, false, (1 << 20) + random.nextInt(2, 5) * (1 << 19), 0);
    }
  }

  /** One run: the devices, and what was done to them. */
  private static final class Story {
    final SplittableRandom random;
    final Setup setup;
    final DmTable table;
    final RecordedDisk disk;
    final AtomicLong clock = new AtomicLong();
    final List<Deed> deeds = new ArrayList<>();
    final byte[] start;
    int attached;

    Story(SplittableRandom random, Setup setup, byte[] start, List<byte[]> contents) {
      this.random = random;
      this.setup = setup;
      this.table = DmTable.parse(setup.line());
      this.start = start;
      this.disk = new RecordedDisk(contents);
    }

    WriteboostEngine engine(RecordedDisk over) {
      return WriteboostEngine.over(
          table,
          device("backing", over.open(BACKING)),
          device("cache", over.open(CACHE)),
          setup.plog() ? device("plog", over.open(PLOG)) : null,
          clock::get);
    }

    /** Does something by chance, and keeps in mind what. */
    void act(WriteboostEngine engine, byte[] model) {
      int from = disk.length();
      int sectors = random.nextInt(1, 20);
      int at = random.nextInt(SIZE / SECTOR - sectors + 1) * SECTOR;
      int length = sectors * SECTOR;
      if (random.nextInt(3) > 0) {
        at = at / BLOCK * BLOCK;
        length = Math.min((length + BLOCK - 1) / BLOCK * BLOCK, SIZE - at);
      }
      String what;
      boolean flush = false;
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4, 5, 6 -> {
          write(engine, at, length, model);
          what = "write";
        }
        case 7, 8, 9 -> {
          engine.flush();
          flush = true;
          what = "flush";
        }
        case 10 -> {
          write(engine, at, length, model);
          engine.flush();
          flush = true;
          what = "write FUA";
        }
        case 11 -> {
          engine.discard(at, length);
          System.arraycopy(read(engine), at, model, at, length);
          what = "discard";
        }
        case 12, 13 -> {
          clock.addAndGet(random.nextInt(4000));
          engine.runDue();
          what = "time";
        }
        case 14 -> {
          engine.message(List.of("drop_caches"));
          what = "drop_caches";
        }
        default -> {
          engine.suspend();
          engine.resume();
          flush = true;
          what = "suspend";
        }
      }
      deeds.add(
          new Deed(
              what + " " + at / SECTOR + "+" + length / SECTOR,
              flush,
              from,
              disk.length(),
              model.clone()));
      assertArrayEquals(model, read(engine));
    }

    private void write(WriteboostEngine engine, int at, int length, byte[] model) {
      byte[] data = new byte[length];
      random.nextBytes(data);
      engine.write(at, ByteBuffer.wrap(data));
      System.arraycopy(data, 0, model, at, length);
    }

    void check(int event, List<byte[]> contents) throws IOException {
      RecordedDisk cut = new RecordedDisk(contents);
      byte[] replayed = replay(cut, Policy.SALVAGE, event);
      judge(event, replayed, "salvage");
      if (event >= attached) {
        // Before, the driver may find less of what was never flushed than salvage did.
        judge(event, replay(cut, Policy.DRIVER, event), "driver");
      }
      if (random.nextInt(4) == 0) {
        try (WriteboostEngine engine = engine(cut)) {
          assertArrayEquals(replayed, read(engine), "replay and engine after event " + event);
        }
      }
    }

    private byte[] replay(RecordedDisk disk, Policy policy, int event) {
      BlockSource cache = new ChannelSource("cache", disk.open(CACHE));
      BlockSource backing = new ChannelSource("backing", disk.open(BACKING));
      BlockSource plog = setup.plog() ? new ChannelSource("plog", disk.open(PLOG)) : null;
      OpenRequest request = new OpenRequest(cache, plog, backing, null, table, OptionalInt.empty());
      byte[] bytes = new byte[SIZE];
      Recovery recovery = Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
      assertTrue(
          recovery.logical().isPresent(),
          () -> policy + " after event " + event + ": " + recovery.report().driver() + this);
      recovery.logical().orElseThrow().read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }

    private void judge(int event, byte[] found, String who) {
      int flushed = -1;
      for (int i = 0; i < deeds.size(); i++) {
        if (deeds.get(i).flush() && deeds.get(i).to() <= event) {
          flushed = i;
        }
      }
      for (int at = 0; at < SIZE; at += SECTOR) {
        boolean known = same(found, flushed < 0 ? start : deeds.get(flushed).after(), at);
        for (int i = flushed + 1; i < deeds.size() && !known; i++) {
          known = deeds.get(i).from() < event && same(found, deeds.get(i).after(), at);
        }
        int sector = at / SECTOR;
        assertTrue(
            known, () -> "%s: sector %d after event %d%s".formatted(who, sector, event, this));
      }
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("\n").append(setup);
      deeds.forEach(d -> text.append("\n%d..%d %s".formatted(d.from(), d.to(), d.what())));
      return text.toString();
    }
  }

  private static BlockDevice device(String name, FileChannel channel) {
    return new ChannelDevice(name, channel);
  }

  private static byte[] read(WriteboostEngine engine) {
    byte[] bytes = new byte[SIZE];
    engine.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static boolean same(byte[] a, byte[] b, int at) {
    return Arrays.equals(a, at, at + SECTOR, b, at, at + SECTOR);
  }

  /** Tells a story, and then its sequel, which begins in one of the states it was cut off in. */
  private static void tell(SplittableRandom random, Setup setup, int deeds) throws IOException {
    byte[] start = new byte[SIZE];
    random.nextBytes(start);
    List<byte[]> contents =
        List.of(start, new byte[setup.cacheBytes()], new byte[setup.plogBytes()]);
    boolean formatted = false;
    for (int part = 0; part < 2; part++) {
      Story story = new Story(random, setup, start, contents);
      WriteboostEngine engine = story.engine(story.disk);
      story.attached = story.disk.length();
      int begin = formatted ? 0 : story.attached;
      byte[] model = start.clone();
      for (int i = 0; i < deeds; i++) {
        story.act(engine, model);
      }
      if (random.nextBoolean()) {
        engine.close();
      }
      List<List<byte[]>> states = new ArrayList<>();
      for (int event = begin; event <= story.disk.length(); event++) {
        story.disk.statesAt(
            event,
            2,
            random,
            (at, state) -> {
              story.check(at, state);
              if (states.isEmpty() || random.nextInt(20) == 0) {
                states.clear();
                states.add(state);
              }
            });
      }
      contents = states.getFirst();
      start = story.replay(new RecordedDisk(contents), Policy.SALVAGE, -1);
      formatted = true;
    }
  }

  @Property(tries = 6)
  void type0HoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    tell(random, Setup.of2014(random, false), 12);
  }

  @Property(tries = 6)
  void type1HoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    tell(random, Setup.of2014(random, true), 12);
  }

  @Property(tries = 3)
  void module2HoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    tell(random, Setup.of2(random), 12);
  }
}
