package org.dmsalvage.live.writecache;

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
import org.dmsalvage.replay.recovery.ReplayRequest;

/**
 * Power cuts at every moment of a random workload: replay, and the engine itself, find what was
 * flushed, and in every sector something that was written to it.
 */
class WritecacheCrashPropertyTest {

  private static final int SECTOR = 512;
  private static final int BACKING = 0;
  private static final int CACHE = 1;

  /** Something that was done, and when: from so many events to so many. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Deed(
      boolean flush, boolean discard, int at, int length, int from, int to, byte[] after) {

    boolean covers(int sectorOffset) {
      return sectorOffset >= at && sectorOffset < at + length;
    }
  }

  /** One run: the devices, and what was done to them. */
  private static final class Story {
    final SplittableRandom random;
    final int blockSize;
    final int size;
    final DmTable table;
    final RecordedDisk disk;
    final AtomicLong clock = new AtomicLong();
    final List<Deed> deeds = new ArrayList<>();
    byte[] start;

    Story(long seed, boolean pmem) {
      random = new SplittableRandom(seed);
      blockSize = random.nextBoolean() ? 4096 : 512 << random.nextInt(4);
      size = 24 * blockSize;
      int blocks = random.nextInt(2, 20);
      String[] options = {
        "0",
        "2 autocommit_blocks 2",
        "4 high_watermark 80 low_watermark 20",
        "4 max_age 300 writeback_jobs 1",
        "1 cleaner",
        "4 autocommit_time 10 writeback_jobs 3"
      };
      table =
          DmTable.parse(
              "0 %d writecache %s backing cache %d %s"
                  .formatted(
                      size / SECTOR,
                      pmem ? "p" : "s",
                      blockSize,
                      options[random.nextInt(options.length)]));
      start = new byte[size];
      random.nextBytes(start);
      List<byte[]> contents = List.of(start, new byte[4096 + blocks * (blockSize + 16)]);
      disk = new RecordedDisk(contents, List.of(SECTOR, pmem ? Long.BYTES : SECTOR));
    }

    WritecacheEngine engine(RecordedDisk over) {
      return WritecacheEngine.over(
          table,
          device("backing", over.open(BACKING)),
          device("cache", over.open(CACHE)),
          clock::get);
    }

    /** Does something by chance, and keeps in mind what. */
    void act(WritecacheEngine engine, byte[] model) {
      int from = disk.length();
      int sectors = random.nextInt(1, 20);
      int at = random.nextInt(size / SECTOR - sectors + 1) * SECTOR;
      int length = sectors * SECTOR;
      int what = random.nextInt(12);
      boolean flush = false;
      boolean discard = false;
      if (what < 7) {
        byte[] data = new byte[length];
        random.nextBytes(data);
        engine.write(at, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, at, length);
      } else if (what < 9) {
        engine.flush();
        flush = true;
      } else if (what == 9) {
        engine.discard(at, length);
        discard = true;
        System.arraycopy(read(engine, size), at, model, at, length);
      } else if (what == 10) {
        clock.addAndGet(random.nextInt(400));
        engine.runDue();
      } else {
        engine.message(List.of("flush"));
      }
      deeds.add(new Deed(flush, discard, at, length, from, disk.length(), model.clone()));
      assertArrayEquals(model, read(engine, size));
    }

    void check(int event, List<byte[]> contents) throws IOException {
      RecordedDisk cut = new RecordedDisk(contents);
      byte[] replayed = replay(cut);
      judge(event, replayed);
      if (random.nextInt(4) == 0) {
        byte[] resumed = read(engine(cut), size);
        assertArrayEquals(replayed, resumed, "replay and engine after event " + event);
      }
    }

    private void judge(int event, byte[] found) {
      int flushed = -1;
      for (int i = 0; i < deeds.size(); i++) {
        if (deeds.get(i).flush() && deeds.get(i).to() <= event) {
          flushed = i;
        }
      }
      for (int at = 0; at < size; at += SECTOR) {
        boolean known = same(found, flushed < 0 ? start : deeds.get(flushed).after(), at);
        boolean undefined = false;
        for (int i = flushed + 1; i < deeds.size() && !known; i++) {
          Deed deed = deeds.get(i);
          known = deed.from() < event && same(found, deed.after(), at);
          undefined |= deed.from() < event && deed.discard() && deed.covers(at);
        }
        // What is being discarded may be anything that it ever was.
        for (int i = 0; undefined && i <= flushed && !known; i++) {
          known = same(found, deeds.get(i).after(), at);
        }
        known |= undefined && same(found, start, at);
        assertTrue(known, "sector " + at / SECTOR + " after event " + event + ": " + table);
      }
    }
  }

  private static BlockDevice device(String name, FileChannel channel) {
    return new ChannelDevice(name, channel);
  }

  private static byte[] read(WritecacheEngine engine, int size) {
    byte[] bytes = new byte[size];
    engine.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static byte[] replay(RecordedDisk disk) {
    BlockSource cache = new ChannelSource("cache", disk.open(CACHE));
    BlockSource backing = new ChannelSource("backing", disk.open(BACKING));
    OpenRequest request =
        new OpenRequest(cache, null, backing, "writecache", null, OptionalInt.empty());
    byte[] bytes = new byte[Math.toIntExact(backing.size())];
    Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE))
        .logical()
        .orElseThrow()
        .read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static boolean same(byte[] a, byte[] b, int at) {
    return Arrays.equals(a, at, at + SECTOR, b, at, at + SECTOR);
  }

  @Property(tries = 16)
  void everyStateOfADiskHoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    run(new Story(seed, false));
  }

  /** Any eight bytes may be durable that no force has covered. */
  @Property(tries = 16)
  void everyStateOfMemoryHoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    run(new Story(seed, true));
  }

  private static void run(Story story) throws IOException {
    WritecacheEngine engine = story.engine(story.disk);
    int begin = story.disk.length();
    byte[] model = story.start.clone();
    for (int i = 0; i < 14; i++) {
      story.act(engine, model);
    }
    engine.close();
    for (int event = begin; event <= story.disk.length(); event++) {
      story.disk.statesAt(event, 2, story.random, story::check);
    }
  }
}
