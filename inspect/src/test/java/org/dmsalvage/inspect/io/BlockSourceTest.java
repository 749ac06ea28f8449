package org.dmsalvage.inspect.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockSourceTest {

  /** Bytes in memory of which some sectors cannot be read. */
  private static final class Bad implements BlockSource {
    private final byte[] bytes;
    private final BitSet badSectors;

    Bad(byte[] bytes, BitSet badSectors) {
      this.bytes = bytes;
      this.badSectors = badSectors;
    }

    @Override
    public String name() {
      return "bad";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int end = (int) offset + target.remaining();
      int bad = badSectors.nextSetBit((int) offset / 512);
      if (bad >= 0 && bad * 512 < end) {
        throw new UnreadableException("bad", offset, target.remaining(), new IOException("EIO"));
      }
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public void close() {}
  }

  @Property
  void readsAroundExactlyTheBadSectors(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 9000) int size) {
    Random random = new Random(seed);
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    BitSet bad = new BitSet();
    for (int i = 0; i <= size / 512; i++) {
      bad.set(i, random.nextInt(4) == 0);
    }
    int from = random.nextInt(size);
    int to = from + 1 + random.nextInt(size - from);
    byte[] expected = Arrays.copyOfRange(bytes, from, to);
    List<ByteRange> holes = new ArrayList<>();
    for (int at = from; at < to; at++) {
      if (bad.get(at / 512)) {
        expected[at - from] = 0;
        int last = holes.size() - 1;
        if (last >= 0 && holes.get(last).end() == at) {
          holes.set(last, new ByteRange(holes.get(last).offset(), holes.get(last).length() + 1));
        } else {
          holes.add(new ByteRange(at, 1));
        }
      }
    }
    ByteBuffer target = ByteBuffer.allocate(to - from + 7).position(3).limit(3 + to - from);

    assertEquals(holes, new Bad(bytes, bad).readAround(from, target));
    assertEquals(target.limit(), target.position());
    assertArrayEquals(expected, Arrays.copyOfRange(target.array(), 3, 3 + to - from));
  }

  @Test
  void joinsPartsAndFindsTheirHoles(@TempDir Path directory) throws IOException {
    byte[] expected = new byte[3 << 20];
    for (int part = 0; part < 3; part++) {
      Path path = directory.resolve("disk.00" + (part + 1));
      try (FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        byte[] data = new byte[4096];
        Arrays.fill(data, (byte) (part + 1));
        channel.write(ByteBuffer.wrap(data), (1 << 20) - 4096);
        System.arraycopy(data, 0, expected, ((part + 1) << 20) - 4096, 4096);
      }
    }
    try (BlockSource source = Images.open(directory.resolve("disk.001").toString())) {
      ByteBuffer all = ByteBuffer.allocate(3 << 20);
      source.read(0, all);
      assertArrayEquals(expected, all.array());
      assertEquals((1 << 20) - 4096, source.nextData(0));
      assertEquals(1 << 20, source.nextHole((1 << 20) - 4096));
      assertEquals((2 << 20) - 4096, source.nextData(1 << 20));
      assertEquals(3 << 20, source.nextData(3 << 20));
      assertThrows(
          IndexOutOfBoundsException.class, () -> source.read(1, ByteBuffer.allocate(3 << 20)));
    }
  }

  @Test
  void cutsWindows(@TempDir Path directory) throws IOException {
    Path path = Files.write(directory.resolve("i"), new byte[] {1, 2, 3, 4, 5});
    try (BlockSource window = Images.open(path.toString(), 1, 3)) {
      assertEquals(3, window.size());
      ByteBuffer bytes = ByteBuffer.allocate(2);
      window.read(1, bytes);
      assertArrayEquals(new byte[] {3, 4}, bytes.array());
      assertThrows(IndexOutOfBoundsException.class, () -> window.read(2, ByteBuffer.allocate(2)));
    }
    assertThrows(UsageException.class, () -> Images.open(path.toString(), 6, -1));
    assertThrows(UsageException.class, () -> Images.open(path.toString(), 2, 4));
  }

  @Test
  void readsBeyondTwoGibibytes(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("large");
    long far = 5L << 30;
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {42}), far);
    }
    try (BlockSource source = Images.open(path.toString())) {
      assertEquals(far + 1, source.size());
      ByteBuffer one = ByteBuffer.allocate(1);
      source.read(far, one);
      assertEquals(42, one.get(0));
      assertTrue(source.nextData(0) > 4L << 30);
    }
  }

  @Test
  void saysWhatCannotBeOpened(@TempDir Path directory) {
    String name = directory.toString();
    String message = assertThrows(UnreadableException.class, () -> Images.open(name)).getMessage();
    assertEquals(name + ": is a directory", message);
    assertThrows(UnreadableException.class, () -> Images.open(name + "/missing"));
  }
}
