package org.dmsalvage.inspect.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps of what ddrescue read, and images seen through them. */
class ReadMapTest {

  static final String REAL =
      """
      # Mapfile. Created by GNU ddrescue version 1.27
      # Command line: ddrescue -n -b512 /dev/sdb disk.img disk.map
      # Start time:   2026-11-20 10:11:12
      # Finished
      # current_pos  current_status  current_pass
      0x00001A00     +               1
      #      pos        size  status
      0x00000000  0x00000800  +
      0x00000800  0x00000200  -
      0x00000A00  0x00000600  /
      0x00001000  0x00000A00  +
      0x00001A00  0x00000200  ?
      0x00001C00  0x00000100  *
      0x00001D00  0x00000300  +
      """;

  @TempDir private Path directory;
  private Path image = Path.of("");

  /** Bytes that were read. */
  private static boolean wasRead(long at) {
    return at < 0x800 || (at >= 0x1000 && at < 0x1A00) || (at >= 0x1D00 && at < 0x2000);
  }

  private final byte[] bytes = new byte[0x2400];

  @BeforeEach
  void write() throws IOException {
    new Random(5).nextBytes(bytes);
    image = Files.write(directory.resolve("image"), bytes);
  }

  private BlockSource open(String map) throws IOException {
    Path file = Files.writeString(directory.resolve("map"), map);
    return ReadMap.read(file.toString()).over(Images.open(image.toString()));
  }

  @Test
  void whatWasNotReadIsUnknown() throws IOException {
    try (BlockSource source = open(REAL)) {
      ByteBuffer all = ByteBuffer.allocate(bytes.length);
      assertEquals(
          List.of(
              new ByteRange(0x800, 0x800),
              new ByteRange(0x1A00, 0x300),
              new ByteRange(0x2000, 0x400)),
          source.readAround(0, all));
      for (int i = 0; i < bytes.length; i++) {
        assertEquals(wasRead(i) ? bytes[i] : 0, all.get(i), "byte " + i);
      }
      Random random = new Random(6);
      for (int i = 0; i < 2000; i++) {
        int from = random.nextInt(bytes.length);
        int to = from + 1 + random.nextInt(Math.min(bytes.length - from, 1500));
        boolean readable = true;
        try {
          source.read(from, ByteBuffer.allocate(to - from));
        } catch (UnreadableException _) {
          readable = false;
        }
        boolean expected = true;
        for (int at = from; at < to; at++) {
          expected &= wasRead(at);
        }
        assertEquals(expected, readable, from + " to " + to);
      }
    }
  }

  @Test
  void aHoleThatWasNotReadIsNoHole() throws IOException {
    Arrays.fill(bytes, (byte) 0);
    try (BlockSource all =
        new BlockSource() {
          @Override
          public String name() {
            return "empty";
          }

          @Override
          public long size() {
            return bytes.length;
          }

          @Override
          public void read(long offset, ByteBuffer target) {
            target.position(target.limit());
          }

          @Override
          public long nextData(long offset) {
            return size();
          }

          @Override
          public long nextHole(long offset) {
            return offset;
          }

          @Override
          public void close() {}
        }) {
      Path file = Files.writeString(directory.resolve("map"), REAL);
      BlockSource source = ReadMap.read(file.toString()).over(all);
      for (int at = 0; at < bytes.length; at++) {
        int data = at;
        while (data < bytes.length && wasRead(data)) {
          data++;
        }
        assertEquals(data, source.nextData(at), "data from " + at);
        int hole = at;
        while (hole < bytes.length && !wasRead(hole)) {
          hole++;
        }
        assertEquals(hole, source.nextHole(at), "hole from " + at);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# only comments\n",
        "nonsense\n",
        "0 + 1\n0 0x200\n",
        "0 + 1\n0 0x200 x\n",
        "0 + 1\n0 0x200 ++\n",
        "0 + 1\n0x200 0x200 +\n0 0x200 +\n",
        "0 + 1\n0 0x400 +\n0x200 0x200 -\n",
        "0 + 1\n0 0 +\n",
        "0 + 1\n-512 512 +\n",
        "0 + 1\n0x7FFFFFFFFFFFFFFF 2 +\n",
        "0 + 1\n0xFFFFFFFFFFFFFFFF 2 +\n",
        "\u0000\u0001\u0002\n"
      })
  void refusesWhatIsNoMap(String map) {
    UnsupportedImageException refusal =
        assertThrows(UnsupportedImageException.class, () -> open(map).close());
    assertTrue(refusal.getMessage().contains("mapfile"), refusal.getMessage());
  }

  @Test
  void anImageIsNoMap() throws IOException {
    Path disk = directory.resolve("disk");
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      assertEquals(1, channel.write(ByteBuffer.allocate(1), 1L << 36));
    }
    UnsupportedImageException refusal =
        assertThrows(UnsupportedImageException.class, () -> ReadMap.read(disk.toString()));
    assertTrue(refusal.getMessage().contains("too long for a line"), refusal.getMessage());
  }

  @Test
  void namesAMapThatIsNotThere() {
    assertThrows(UnreadableException.class, () -> ReadMap.read(directory + "/none"));
  }
}
