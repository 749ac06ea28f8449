package org.dmsalvage.inspect.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PatchedSourceTest {

  private static final List<ByteChange> CHANGES =
      List.of(new ByteChange(7, 7, 0xff), new ByteChange(2, 2, 0), new ByteChange(3, 3, 9));

  private static BlockSource tenBytes(Path directory) throws IOException {
    Path file = directory.resolve("ten");
    Files.write(file, new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    return Images.open(file.toString());
  }

  private static byte[] read(BlockSource source, int from, int length) {
    ByteBuffer buffer = ByteBuffer.allocate(length + 2).position(1).limit(length + 1);
    source.read(from, buffer);
    assertEquals(0, buffer.remaining());
    byte[] bytes = new byte[length];
    buffer.get(1, bytes);
    assertEquals(0, buffer.get(0));
    return bytes;
  }

  @Test
  void showsTheChangesInWhateverPiecesItIsRead(@TempDir Path directory) throws IOException {
    byte[] right = {0, 1, 0, 9, 4, 5, 6, (byte) 0xff, 8, 9};
    try (BlockSource patched = new PatchedSource(tenBytes(directory), CHANGES)) {
      assertEquals(10, patched.size());
      for (int from = 0; from <= 10; from++) {
        for (int end = from; end <= 10; end++) {
          byte[] expected = Arrays.copyOfRange(right, from, end);
          assertArrayEquals(expected, read(patched, from, end - from));
        }
      }
    }
  }

  @Test
  void refusesChangesBeyondTheEnd(@TempDir Path directory) throws IOException {
    try (BlockSource ten = tenBytes(directory)) {
      List<ByteChange> beyond = List.of(new ByteChange(10, 0, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> new PatchedSource(ten, beyond));
    }
  }

  @Test
  void aChangeInAHoleIsData(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("sparse");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1 << 20);
    }
    List<ByteChange> change = List.of(new ByteChange(70_000, 0, 1));
    try (BlockSource patched = new PatchedSource(Images.open(file.toString()), change)) {
      assertEquals(70_000, patched.nextData(0));
      assertEquals(70_001, patched.nextHole(70_000));
      assertEquals(1 << 20, patched.nextData(70_001));
    }
  }
}
