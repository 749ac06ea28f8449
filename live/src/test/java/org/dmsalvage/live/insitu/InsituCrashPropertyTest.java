package org.dmsalvage.live.insitu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.live.insitu.Bitmap.Stored;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;

/**
 * Power cuts at every moment of a random workload. The driver, as replay knows it, and this engine
 * find what was flushed, and in every sector something that was written to it; and so does a search
 * for payloads where the bits say that there are any.
 *
 * <p>One thing is left out, because the format has no way to do it: blocks of a compressed extent
 * whose payload is being overwritten in place, by more than one sector in all, from the first of
 * these sectors to the last of the bits. Which extents these are is read off the disk before and
 * after, not asked of the engine.
 */
class InsituCrashPropertyTest {

  private static final int SECTOR = 512;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  /** Something that was done, and when: from so many events to so many. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Deed(boolean flush, int from, int to, BitSet discarded, byte[] after) {}

  /** Blocks that are being overwritten in place between two moments at which all is durable. */
  private record Commit(int from, int to, BitSet overwritten) {}

  /** One run: the device, and what was done to it. */
  private static final class Story {
    final SplittableRandom random;
    final InsituGeometry geometry;
    final int lowest;
    final int size;
    final int mostFresh;
    final DmTable table;
    final RecordedDisk disk;
    final AtomicLong clock = new AtomicLong();
    final List<Deed> deeds = new ArrayList<>();
    final List<Commit> commits = new ArrayList<>();
    final byte[] words = new byte[1 << 12];

    Story(long seed) {
      random = new SplittableRandom(seed);
      // The bits of block 819 lie in two sectors.
      lowest = random.nextInt(5) == 0 ? 790 : 0;
      byte[] bytes = new byte[(2 + lowest + random.nextInt(45, 80)) * BLOCK];
      geometry = InsituGeometry.ofDevice(bytes.length).orElseThrow();
      size = (int) geometry.logicalBytes();
      Superblock superblock =
          new Superblock(
              Superblock.MAGIC,
              Superblock.VERSION,
              geometry.metaBlocks(),
              geometry.dataBlocks(),
              random.nextInt(2));
      superblock.encode(ByteBuffer.wrap(bytes), 0);
      mostFresh = random.nextInt(6, 40);
      table =
          DmTable.parse(
              "0 %d insitu_comp dev %s"
                  .formatted(
                      size / SECTOR, random.nextInt(4) == 0 ? "writethrough" : "writeback 1"));
      disk = new RecordedDisk(List.of(bytes));
      random.nextBytes(words);
    }

    InsituEngine engine(RecordedDisk over) {
      return InsituEngine.over(
          table, new ChannelDevice("dev", over.open(0)), clock::get, mostFresh);
    }

    /** Bytes that are alike no others: text that compresses well, badly, or not at all. */
    byte[] data(int length) {
      byte[] data = new byte[length];
      int kind = random.nextInt(4);
      int sameness = kind == 0 ? 1 : kind == 1 ? 8 : 200;
      for (int at = 0; at < length; ) {
        int from = random.nextInt(words.length - 256);
        int count = Math.min(length - at, 1 + random.nextInt(sameness));
        System.arraycopy(words, from, data, at, count);
        at += count;
      }
      return data;
    }

    /** Does something by chance, and keeps in mind what. */
    void act(InsituEngine engine, byte[] model) {
      int from = disk.length();
      boolean small = random.nextBoolean();
      int unit = random.nextInt(5) == 0 ? SECTOR : BLOCK;
      int sectors = unit / SECTOR * random.nextInt(1, small ? 4 : 40);
      int units = (size / SECTOR - lowest * BLOCK / SECTOR - sectors) / (unit / SECTOR);
      int at = lowest * BLOCK + unit * random.nextInt(units + 1);
      int length = sectors * SECTOR;
      int what = random.nextInt(14);
      boolean flush = false;
      BitSet discarded = new BitSet();
      if (what < 8) {
        byte[] data = data(length);
        engine.write(at, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, at, length);
      } else if (what < 10) {
        engine.flush();
        flush = true;
      } else if (what == 10) {
        engine.discard(at, length);
        byte[] now = read(engine, size);
        for (int i = at; i < at + length; i += SECTOR) {
          boolean gone = Arrays.equals(now, i, i + SECTOR, new byte[SECTOR], 0, SECTOR);
          assertTrue(gone || same(now, model, i));
          discarded.set(i / SECTOR);
        }
        System.arraycopy(now, at, model, at, length);
      } else if (what == 11) {
        engine.zero(at, length, random.nextBoolean());
        Arrays.fill(model, at, at + length, (byte) 0);
      } else {
        clock.addAndGet(random.nextInt(1500));
        engine.runDue();
      }
      done(flush, from, discarded, model);
      assertArrayEquals(model, read(engine, size));
    }

    /** Keeps in mind what was done since so much had happened. */
    void done(boolean flush, int from, BitSet discarded, byte[] model) {
      deeds.add(new Deed(flush, from, disk.length(), discarded, model.clone()));
    }

    /** Finds out, when all is done, which blocks were in doubt when. */
    void findCommits() {
      TreeSet<Integer> moments = new TreeSet<>();
      deeds.forEach(deed -> moments.add(deed.to()));
      byte[] bits = bits(0);
      for (int force : disk.forces(0)) {
        byte[] now = bits(force + 1);
        if (!Arrays.equals(bits, now)) {
          moments.add(force + 1);
        }
        bits = now;
      }
      int from = 0;
      for (int to : moments) {
        commits.add(new Commit(from, to, overwritten(disk.bytesAt(0, from), disk.bytesAt(0, to))));
        from = to;
      }
    }

    private byte[] bits(int event) {
      return Arrays.copyOfRange(disk.bytesAt(0, event), BLOCK, (int) geometry.dataOffset(0));
    }

    /** The blocks of compressed extents of which more than one sector is not as it was. */
    private BitSet overwritten(byte[] before, byte[] after) {
      Bitmap bits = bitmap(before);
      Bitmap newBits = bitmap(after);
      BitSet blocks = new BitSet();
      for (long block = 0; block < geometry.dataBlocks(); ) {
        Stored extent = bits.at(block);
        if (extent.isCompressed()) {
          int payload = 0;
          int offset = (int) geometry.dataOffset(extent.first());
          for (int i = 0; i < extent.sectors(); i++) {
            payload += same(before, after, offset + i * SECTOR) ? 0 : 1;
          }
          boolean described = extent.equals(newBits.at(block));
          if (payload > 1 || (payload == 1 && !described)) {
            blocks.set((int) extent.first(), (int) extent.end());
          }
        }
        block = extent.end();
      }
      return blocks;
    }

    private Bitmap bitmap(byte[] bytes) {
      RecordedDisk still = new RecordedDisk(List.of(bytes));
      return Bitmap.read(new ChannelDevice("dev", still.open(0)), geometry);
    }

    void check(int event, List<byte[]> contents) throws IOException {
      RecordedDisk cut = new RecordedDisk(contents);
      Bitmap bits = bitmap(contents.getFirst());
      judge("driver", event, replay(cut, Policy.DRIVER), bits);
      judge("search", event, replay(cut, Policy.SALVAGE), bits);
      if (random.nextInt(4) == 0) {
        judge("engine", event, readBlocks(engine(cut)), bits);
      }
    }

    /** What an engine reads after the cut; where it reports an error, what was never written. */
    private byte[] readBlocks(InsituEngine engine) {
      byte[] bytes = new byte[size];
      for (int at = 0; at < size; at += BLOCK) {
        try {
          engine.read(at, ByteBuffer.wrap(bytes, at, BLOCK));
        } catch (UnreadableException _) {
          Arrays.fill(bytes, at, at + BLOCK, (byte) 0xe5);
        }
      }
      return bytes;
    }

    private void judge(String who, int event, byte[] found, Bitmap bits) {
      int flushed = -1;
      for (int i = 0; i < deeds.size(); i++) {
        if (deeds.get(i).flush() && deeds.get(i).to() <= event) {
          flushed = i;
        }
      }
      byte[] durable = flushed < 0 ? new byte[size] : deeds.get(flushed).after();
      for (int at = 0; at < size; at += SECTOR) {
        boolean known = same(found, durable, at);
        boolean undefined = false;
        for (int i = flushed + 1; i < deeds.size() && !known; i++) {
          Deed deed = deeds.get(i);
          boolean begun = deed.from() < event;
          known = begun && same(found, deed.after(), at);
          undefined |= begun && deed.discarded().get(at / SECTOR);
        }
        for (Commit commit : commits) {
          boolean during = commit.from() < event && event < commit.to();
          undefined |= during && commit.overwritten().get(at / BLOCK);
        }
        // A payload that is torn may prove itself; where no bits call for one, only a search reads.
        undefined |= who.equals("search") && bits.at(at / BLOCK).isUnwritten();
        int sector = at / SECTOR;
        assertTrue(
            known || undefined,
            () ->
                "%s: sector %d after event %d, %s"
                    .formatted(who, sector, event, bits.at(sector * SECTOR / BLOCK)));
      }
    }
  }

  private static byte[] read(InsituEngine engine, int size) {
    byte[] bytes = new byte[size];
    engine.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static byte[] replay(RecordedDisk disk, Policy policy) {
    OpenRequest request =
        new OpenRequest(
            new ChannelSource("dev", disk.open(0)),
            null,
            null,
            "insitu",
            null,
            OptionalInt.empty());
    Recovery recovery = Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
    Recovery.LogicalDevice device = recovery.logical().orElseThrow();
    byte[] bytes = new byte[(int) device.size()];
    device.read(0, ByteBuffer.wrap(bytes));
    device.close();
    // What could not be read is not to pass for zeros.
    RangeSet lost = recovery.report().lost().ranges();
    for (int i = 0; i < lost.size(); i++) {
      Arrays.fill(bytes, (int) lost.start(i), (int) lost.end(i), (byte) 0xe5);
    }
    return bytes;
  }

  private static boolean same(byte[] a, byte[] b, int at) {
    return Arrays.equals(a, at, at + SECTOR, b, at, at + SECTOR);
  }

  @Property(tries = 10)
  void everyStateHoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    Story story = new Story(seed);
    InsituEngine engine = story.engine(story.disk);
    byte[] model = new byte[story.size];
    for (int i = 0; i < 12; i++) {
      story.act(engine, model);
    }
    int from = story.disk.length();
    engine.close();
    story.done(true, from, new BitSet(), model);
    story.findCommits();
    for (int event = 0; event <= story.disk.length(); event++) {
      story.disk.statesAt(event, 2, story.random, story::check);
    }
  }
}
