package org.dmsalvage.replay.flush;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.fault.FaultyChannel;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.Posix;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.RunVisitor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFlushTest {

  private static final int MIB = 1 << 20;
  private static final int SIZE = 6 * MIB + 512;

  @TempDir private Path directory;
  private Path disk = Path.of("");
  private byte[] original = {};
  private final byte[] cached = new byte[SIZE];

  /** Sectors 10 … 20 and those from 3 MiB to 3 MiB + 64 KiB come from the cache. */
  private final class Device implements LogicalDevice {
    private final BlockSource below;
    private final long badSector;

    Device(BlockSource below, long badSector) {
      this.below = below;
      this.badSector = badSector;
    }

    @Override
    public void forEachRun(RunVisitor visitor) {
      visitor.run(10 * 512, 10 * 512, new Origin.Cached("cache", 0));
      visitor.run(3 * MIB, 1 << 16, new Origin.Cached("cache", 0));
    }

    private boolean cached(long sector) {
      return (sector >= 10 && sector < 20)
          || (sector >= 3 * MIB / 512 && sector < 3 * MIB / 512 + 128);
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      long from = offset;
      while (target.hasRemaining()) {
        long sector = from / 512;
        int length = (int) Math.min(target.remaining(), 512 - from % 512);
        if (sector == badSector) {
          throw new UnreadableException("cache", from, length, new IOException("EIO"));
        }
        if (cached(sector)) {
          target.put(cached, (int) from, length);
        } else {
          ByteBuffer part = target.slice(target.position(), length);
          below.read(from, part);
          target.position(target.position() + length);
        }
        from += length;
      }
    }

    @Override
    public Origin originOf(long sector) {
      return cached(sector) ? new Origin.Cached("cache", 0) : new Origin.Backing();
    }

    @Override
    public long nextData(long offset) {
      return offset < 3 * MIB ? Math.min(below.nextData(offset), 3 * MIB) : below.nextData(offset);
    }

    @Override
    public long nextHole(long offset) {
      long hole = below.nextHole(offset);
      return hole / 512 == 3 * MIB / 512 ? hole + (1 << 16) : hole;
    }

    @Override
    public String name() {
      return "logical device";
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void makeDisk() throws IOException {
    original = new byte[SIZE];
    new Random(1).nextBytes(cached);
    byte[] noise = new byte[2 * MIB];
    new Random(2).nextBytes(noise);
    System.arraycopy(noise, 0, original, 0, noise.length);
    System.arraycopy(noise, 0, original, 4 * MIB, noise.length);
    disk = directory.resolve("disk");
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      int written = channel.write(ByteBuffer.wrap(noise), 0);
      written += channel.write(ByteBuffer.wrap(noise), 4L * MIB);
      written += channel.write(ByteBuffer.wrap(new byte[512]), SIZE - 512L);
      assertEquals(SIZE - 2 * MIB, written);
    }
  }

  private byte[] wanted() {
    byte[] wanted = original.clone();
    System.arraycopy(cached, 10 * 512, wanted, 10 * 512, 10 * 512);
    System.arraycopy(cached, 3 * MIB, wanted, 3 * MIB, 1 << 16);
    return wanted;
  }

  private FlushResult flush(ImageFlush flush, Path path, boolean hash) {
    try (ImageWriter writer = new ImageWriter(path, SIZE, false, List.of())) {
      FlushResult result = flush.write(writer, hash, Progress.NONE);
      writer.complete();
      return result;
    }
  }

  @Test
  void copiesWhatTheCacheDoesNotCover() throws Exception {
    try (BlockSource below = Images.open(disk.toString())) {
      LogicalDevice device = new Device(below, -1);
      Path path = directory.resolve("new");
      FlushResult plain = flush(new ImageFlush(device, below, disk, 0), path, false);
      assertArrayEquals(wanted(), Files.readAllBytes(path));
      assertTrue(plain.written() < SIZE - MIB / 2, "holes are kept: " + plain.written());
      FlushResult hashed =
          flush(new ImageFlush(device, below, disk, 0), directory.resolve("hashed"), true);
      String sha256 =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(wanted()));
      assertEquals(sha256, hashed.sha256());
      assertArrayEquals(wanted(), Files.readAllBytes(directory.resolve("hashed")));
      try (BlockSource written = Images.open(path.toString())) {
        assertTrue(written.nextHole(0) < 3 * MIB);
      }
    }
  }

  /** Copies; stands in for a file system that shares blocks. */
  private static boolean clone(Path from, Path to) {
    try (FileChannel target = FileChannel.open(to, StandardOpenOption.WRITE)) {
      return target.write(ByteBuffer.wrap(Files.readAllBytes(from)), 0) > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void writesOnlyWhatDiffersIntoAClone() throws Exception {
    System.arraycopy(original, 12 * 512, cached, 12 * 512, 512);
    try (BlockSource below = Images.open(disk.toString())) {
      Path path = directory.resolve("new");
      ImageFlush flush =
          new ImageFlush(new Device(below, -1), below, disk, 0, ImageFlushTest::clone);
      FlushResult result = flush(flush, path, true);
      assertEquals(9 * 512 + (1 << 16), result.written());
      assertArrayEquals(wanted(), Files.readAllBytes(path));
      String sha256 =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(wanted()));
      assertEquals(sha256, result.sha256());
      Path lost = directory.resolve("lost");
      ImageFlush partly =
          new ImageFlush(new Device(below, 11), below, disk, 0, ImageFlushTest::clone);
      FlushResult incomplete = flush(partly, lost, true);
      assertEquals(1, incomplete.notWritten().count());
      assertEquals(
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(lost))),
          incomplete.sha256());
    }
  }

  @Test
  void keepsWhatTheDiskHadWhereTheCacheCannotBeRead() throws Exception {
    try (BlockSource below = Images.open(disk.toString())) {
      for (boolean hash : new boolean[] {false, true}) {
        Path path = directory.resolve("new" + hash);
        FlushResult result =
            flush(new ImageFlush(new Device(below, 11), below, disk, 0), path, hash);
        assertEquals(11 * 512, result.notWritten().kept().getFirst().offset());
        byte[] expected = wanted();
        System.arraycopy(original, 11 * 512, expected, 11 * 512, 512);
        assertArrayEquals(expected, Files.readAllBytes(path));
      }
    }
  }

  @Test
  void goesAroundBadSectorsOfTheDisk() throws Exception {
    FileChannel channel = FileChannel.open(disk, StandardOpenOption.READ);
    FaultyChannel bad = FaultyChannel.over(channel).unreadable(5 * MIB, 512).build();
    try (BlockSource below = new ChannelSource("disk", bad)) {
      Path path = directory.resolve("new");
      Path none = directory.resolve("missing");
      FlushResult result =
          flush(new ImageFlush(new Device(below, -1), below, none, 0), path, false);
      assertEquals(
          List.of(new ByteRange(5 * MIB, 512)),
          result.notWritten().kept().stream()
              .map(l -> new ByteRange(l.offset(), l.length()))
              .toList());
      byte[] expected = wanted();
      System.arraycopy(new byte[512], 0, expected, 5 * MIB, 512);
      assertArrayEquals(expected, Files.readAllBytes(path));
    }
  }

  @Test
  void reflinkSaysWhetherItWorked() throws IOException {
    Path copy = Files.createFile(directory.resolve("copy"));
    if (Posix.reflink(disk, copy)) {
      assertEquals(-1, Files.mismatch(disk, copy));
    } else {
      assertEquals(0, Files.size(copy));
    }
    assertTrue(!Posix.reflink(directory.resolve("missing"), copy));
  }
}
