package org.dmsalvage.inspect.pack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.Structures;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;

/** Packs keep checksums and structures, and damaged ones do no harm. */
class PackPropertyTest {

  private static final int STRUCTURE = 100_000;

  /** Bytes in memory, of which one sector may be unreadable. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Bytes(byte[] bytes, long bad) implements BlockSource {
    @Override
    public String name() {
      return "bytes";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int length = target.remaining();
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (bad >= 0 && new ByteRange(bad, 512).intersects(new ByteRange(offset, length))) {
        throw new UnreadableException("bytes", "bad sector");
      }
      target.put(bytes, (int) offset, length);
    }

    @Override
    public void close() {}
  }

  private static byte[] image(long seed, int length) {
    Random random = new Random(seed);
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; at += 4096) {
      if (random.nextInt(4) > 0) {
        byte[] block = new byte[Math.min(4096, length - at)];
        random.nextBytes(block);
        System.arraycopy(block, 0, bytes, at, block.length);
      }
    }
    return bytes;
  }

  private static byte[] pack(byte[] image, int unit, long bad) {
    byte[][] file = {new byte[0]};
    PackWriter writer =
        new PackWriter(
            (offset, bytes) -> {
              int end = (int) offset + bytes.remaining();
              file[0] = Arrays.copyOf(file[0], Math.max(end, file[0].length));
              bytes.get(file[0], (int) offset, bytes.remaining());
            });
    Structures structures =
        new Structures(List.of(new ByteRange(0, 4096)), STRUCTURE, STRUCTURE, 512, false);
    writer.add(Pack.Role.CACHE, new Bytes(image, bad), structures, unit, Progress.NONE);
    assertEquals(file[0].length, writer.finish());
    return file[0];
  }

  private static BlockSource open(byte[] pack) {
    return Pack.open(new Bytes(pack, -1), Pack.Role.CACHE).orElseThrow();
  }

  private static long checksum(byte[] bytes, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return crc.getValue();
  }

  @Property(tries = 30)
  void checksumsHoldAndStructuresStay(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 2_500_000) int length,
      @ForAll boolean fine) {
    byte[] image = image(seed, length);
    int unit = fine ? 512 : 4096;
    ByteBuffer read = ByteBuffer.allocate(length);
    try (BlockSource packed = open(pack(image, unit, -1))) {
      assertEquals(length, packed.size());
      packed.read(0, read);
      for (long at = packed.nextHole(0); at < length; at = packed.nextHole(packed.nextData(at))) {
        int end = (int) Math.min(length, packed.nextData(at));
        assertArrayEquals(
            new byte[end - (int) at], Arrays.copyOfRange(image, (int) at, end), "a hole");
      }
    }
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      int from = random.nextInt(length / unit + 1) * unit;
      int to = Math.min(length, from + random.nextInt(300) * unit);
      if (to % unit == 0 || to - to / unit * unit >= 4) {
        assertEquals(checksum(image, from, to), checksum(read.array(), from, to));
      }
    }
    for (int at = STRUCTURE; at + 512 <= length; at += STRUCTURE) {
      assertArrayEquals(
          Arrays.copyOfRange(image, at, at + 512), Arrays.copyOfRange(read.array(), at, at + 512));
    }
  }

  @Test
  void whatCouldNotBeReadStaysUnreadable() {
    byte[] image = image(3, 3 << 20);
    try (BlockSource packed = open(pack(image, 512, 1_500_160))) {
      ByteBuffer all = ByteBuffer.allocate(image.length);
      assertEquals(List.of(new ByteRange(1_500_160, 512)), packed.readAround(0, all));
    }
  }

  /** Makes checksums fit again, so that what is behind them is reached. */
  private static void mend(byte[] pack) {
    ByteBuffer bytes = ByteBuffer.wrap(pack).order(ByteOrder.LITTLE_ENDIAN);
    long index = bytes.getLong(32);
    long length = bytes.getLong(40) * 16;
    if (index >= 0 && length >= 0 && length < pack.length && index <= pack.length - length) {
      bytes.putInt(48, (int) checksum(pack, (int) index, (int) (index + length)));
    }
    bytes.putInt(508, (int) checksum(pack, 0, 508));
  }

  @Property(tries = 300)
  void damageIsAnErrorOfOurs(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] pack = pack(image(seed, 1_200_000), 4096, -1);
    int end = pack.length;
    int index = (int) ByteBuffer.wrap(pack).order(ByteOrder.LITTLE_ENDIAN).getLong(32);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(56);
            case 1 -> index + random.nextInt(end - index);
            case 2 -> 512 + random.nextInt(16);
            default -> random.nextInt(end);
          };
      pack[at] = (byte) (random.nextBoolean() ? random.nextInt() : pack[at] ^ 0x80);
    }
    if (random.nextBoolean()) {
      mend(pack);
    }
    try (BlockSource packed = open(pack)) {
      long last = Math.max(packed.size() - 70_000, 0);
      for (long at : new long[] {0, last, packed.nextData(0)}) {
        int length = (int) Math.min(70_000, packed.size() - at);
        List<ByteRange> _ = packed.readAround(at, ByteBuffer.allocate(Math.max(length, 0)));
      }
      assertFalse(packed.nextHole(0) < 0);
    } catch (SalvageException _) {
      // That is what it shall be.
    } catch (NoSuchElementException _) {
      // No image of that role.
    }
  }
}
