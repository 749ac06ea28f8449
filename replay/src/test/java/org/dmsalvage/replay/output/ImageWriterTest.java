package org.dmsalvage.replay.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageWriterTest {

  /** A device of random data and zeros in which one sector may be unreadable. */
  private static final class Device implements BlockSource {
    final byte[] bytes;
    long badSector = -1;

    Device(int size, long seed) {
      bytes = new byte[size];
      Random random = new Random(seed);
      for (int at = 0; at < size; at += 4096) {
        if (random.nextInt(3) == 0) {
          byte[] block = new byte[Math.min(4096, size - at)];
          random.nextBytes(block);
          System.arraycopy(block, 0, bytes, at, block.length);
        }
      }
    }

    @Override
    public String name() {
      return "device";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      long bad = badSector * 512;
      if (badSector >= 0 && offset < bad + 512 && bad < offset + target.remaining()) {
        throw new UnreadableException(name(), offset, target.remaining(), new IOException("EIO"));
      }
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public void close() {}
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void writesWhatItIsGivenAndLeavesHoles(@TempDir Path directory) throws Exception {
    Path path = directory.resolve("out.img");
    Device device = new Device((5 << 20) + 1234, 7);
    try (ImageWriter writer = new ImageWriter(path, device.size(), false, List.of())) {
      DeviceCopier.Result result = DeviceCopier.copy(device, writer, true, Progress.NONE);
      assertEquals(sha256(device.bytes), result.sha256());
      assertEquals(List.of(), result.unreadable());
      writer.complete();
    }
    assertArrayEquals(device.bytes, Files.readAllBytes(path));
    assertEquals(1, directory.toFile().list().length, "nothing but the image is left");
    try (BlockSource written = Images.open(path.toString())) {
      assertTrue(written.nextHole(0) < written.size(), "zeros became holes");
    }
  }

  @Test
  void goesOnAroundUnreadableSectors(@TempDir Path directory) throws Exception {
    Path path = directory.resolve("out.img");
    Device device = new Device(3 << 20, 8);
    device.badSector = 2500;
    try (ImageWriter writer = new ImageWriter(path, device.size(), false, List.of())) {
      DeviceCopier.Result result = DeviceCopier.copy(device, writer, true, Progress.NONE);
      assertEquals(List.of(new ByteRange(2500 * 512, 512)), result.unreadable());
      writer.complete();
    }
    byte[] expected = device.bytes.clone();
    Arrays.fill(expected, 2500 * 512, 2501 * 512, (byte) 0);
    assertArrayEquals(expected, Files.readAllBytes(path));
  }

  @Test
  void leavesNothingWhenCancelled(@TempDir Path directory) {
    Path path = directory.resolve("out.img");
    AtomicBoolean stop = new AtomicBoolean();
    Progress progress =
        new Progress() {
          @Override
          public void begin(String task, long totalBytes) {}

          @Override
          public void advance(long bytes) {
            stop.set(true);
          }

          @Override
          public boolean cancelled() {
            return stop.get();
          }
        };
    Device device = new Device(5 << 20, 9);
    assertThrows(
        CancelledException.class,
        () -> {
          try (ImageWriter writer = new ImageWriter(path, device.size(), false, List.of())) {
            DeviceCopier.copy(device, writer, true, progress);
            writer.complete();
          }
        });
    assertEquals(0, directory.toFile().list().length);
  }

  @Test
  void neverReplacesUnasked(@TempDir Path directory) throws IOException {
    Path path = Files.writeString(directory.resolve("out.img"), "precious");
    assertThrows(OutputException.class, () -> new ImageWriter(path, 512, false, List.of()));
    assertThrows(
        OutputException.class, () -> new ImageWriter(path, 512, true, List.of(path.toString())));
    assertThrows(OutputException.class, () -> new ImageWriter(directory, 512, true, List.of()));
    assertEquals("precious", Files.readString(path));

    Path late = directory.resolve("late.img");
    try (ImageWriter writer = new ImageWriter(late, 512, false, List.of())) {
      Files.writeString(late, "appeared meanwhile");
      assertThrows(OutputException.class, writer::complete);
    }
    assertEquals("appeared meanwhile", Files.readString(late));

    try (ImageWriter writer = new ImageWriter(path, 3, true, List.of())) {
      writer.complete();
    }
    assertArrayEquals(new byte[3], Files.readAllBytes(path));
  }

  @Test
  void neverWritesIntoWhatIsRead(@TempDir Path directory) throws IOException {
    Path first = Files.writeString(directory.resolve("disk.001"), "one");
    Path second = Files.writeString(directory.resolve("disk.002"), "two");
    Path partial = Files.writeString(directory.resolve("new.img.dmsalvage-partial"), "three");
    Path link = Files.createLink(directory.resolve("link"), partial);
    List<String> split = List.of(first.toString());
    assertThrows(OutputException.class, () -> new ImageWriter(second, 512, true, split));
    assertEquals("two", Files.readString(second));
    List<String> linked = List.of(link.toString());
    Path image = directory.resolve("new.img");
    assertThrows(OutputException.class, () -> new ImageWriter(image, 512, true, linked));
    assertEquals("three", Files.readString(partial));

    List<String> exports = List.of("nbd://host/export", "nbd+unix:///?socket=/run/nbd");
    Path old = Files.writeString(directory.resolve("old.img"), "to be replaced");
    try (ImageWriter writer = new ImageWriter(old, 3, true, exports)) {
      writer.complete();
    }
    assertArrayEquals(new byte[3], Files.readAllBytes(old));
  }

  @Test
  void asksForRoomBeforehand(@TempDir Path directory) {
    Path path = directory.resolve("out.img");
    assertThrows(OutputException.class, () -> ImageWriter.checkSpace(path, Long.MAX_VALUE));
    ImageWriter.checkSpace(path, 1);
  }
}
