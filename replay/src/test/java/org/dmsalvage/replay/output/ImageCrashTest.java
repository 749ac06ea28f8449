package org.dmsalvage.replay.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.error.OutputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Power cuts and kills while a new image is written: the name never stands for half of it. */
class ImageCrashTest {

  private static final int SIZE = 24 * 512;

  @TempDir private Path directory;

  /** Remembers how much had been written when the file got its name. */
  private static final class RecordedStorage implements OutputFile.Storage {
    final RecordedDisk disk;
    final List<Integer> published = new ArrayList<>();

    RecordedStorage(RecordedDisk disk) {
      this.disk = disk;
    }

    @Override
    public FileChannel open(Path partial) {
      return disk.open(0);
    }

    @Override
    public void publish(Path partial, Path path, boolean replace) {
      published.add(disk.length());
    }

    @Override
    public void syncDirectory(Path path) {}

    @Override
    public void remove(Path partial) {}
  }

  private static byte[] image() {
    byte[] bytes = new byte[SIZE];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private void write(RecordedStorage storage, byte[] image) {
    Path path = directory.resolve("new.img");
    try (OutputFile file = new OutputFile(path, false, List.of(), storage)) {
      file.write(ByteBuffer.allocate(1), SIZE - 1);
      for (int at = 0; at < SIZE; at += 6 * 512) {
        file.write(ByteBuffer.wrap(image, at, 6 * 512), at);
      }
      file.complete();
    }
  }

  @Test
  void theNameStandsForTheWholeImageInEveryState() throws IOException {
    byte[] image = image();
    RecordedStorage storage = new RecordedStorage(new RecordedDisk(List.of(new byte[0])));
    write(storage, image);
    int named = storage.published.getFirst();
    SplittableRandom random = new SplittableRandom(1);
    for (int event = 0; event <= storage.disk.length(); event++) {
      storage.disk.statesAt(
          event,
          20,
          random,
          (when, state) -> {
            if (when >= named) {
              assertArrayEquals(image, state.getFirst(), "named after " + named + ", now " + when);
            }
            RecordedStorage again = new RecordedStorage(new RecordedDisk(state));
            write(again, image);
            assertArrayEquals(image, Arrays.copyOf(again.disk.bytes(0), SIZE), "begun anew");
          });
    }
    assertTrue(named > 5, "everything was written before: " + named);
  }

  @Test
  void beginsAnewWhatAKilledRunHasLeft() throws IOException {
    Path path = directory.resolve("new.img");
    Path left = directory.resolve("new.img.dmsalvage-partial");
    Files.write(left, new byte[SIZE * 2]);
    try (ImageWriter writer = new ImageWriter(path, SIZE, false, List.of())) {
      assertEquals(left, writer.partial());
      writer.write(0, ByteBuffer.wrap(image()));
      writer.complete();
    }
    assertArrayEquals(image(), Files.readAllBytes(path));
    assertFalse(Files.exists(left));
  }

  @Test
  void leavesAnotherRunAlone() throws IOException {
    Path path = directory.resolve("new.img");
    try (ImageWriter writer = new ImageWriter(path, SIZE, false, List.of())) {
      writer.write(0, ByteBuffer.wrap(image()));
      assertThrows(
          OutputException.class, () -> new ImageWriter(path, SIZE, false, List.of()).close());
      writer.complete();
    }
    assertArrayEquals(image(), Files.readAllBytes(path));
  }

  @Test
  void keepsAnImageThatHasBothItsNames() throws IOException {
    Path path = Files.write(directory.resolve("new.img"), image());
    Files.createLink(directory.resolve("new.img.dmsalvage-partial"), path);
    try (ImageWriter writer = new ImageWriter(path, SIZE, true, List.of())) {
      assertArrayEquals(image(), Files.readAllBytes(path), "as long as there is nothing better");
      writer.write(0, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }
    assertArrayEquals(image(), Files.readAllBytes(path));
  }

  @Test
  void doesNotFollowALinkInItsPlace() throws IOException {
    Path precious = Files.write(directory.resolve("precious"), image());
    Files.createSymbolicLink(directory.resolve("new.img.dmsalvage-partial"), precious);
    Path path = directory.resolve("new.img");
    assertThrows(
        OutputException.class, () -> new ImageWriter(path, SIZE, false, List.of()).close());
    assertArrayEquals(image(), Files.readAllBytes(precious));
  }
}
