package org.dmsalvage.gui.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.dmsalvage.gui.tree.Structures;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;

/** The checksums of selections of any length, without a window. */
class SelectionSumsTest {

  private static final long MIB = 1 << 20;

  /** A device with data only in its second and in its last MiB, and perhaps a bad sector. */
  private static final class Sparse implements BlockSource {
    private final long size;
    private final long bad;
    private long read;

    Sparse(long size, long bad) {
      this.size = size;
      this.bad = bad;
    }

    static byte at(long offset) {
      return (byte) (offset >>> 3);
    }

    @Override
    public String name() {
      return "sparse";
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      if (offset < bad + 512 && bad < offset + target.remaining()) {
        throw new UnreadableException("sparse", offset, target.remaining(), new IOException("bad"));
      }
      read += target.remaining();
      for (long at = offset; target.hasRemaining(); at++) {
        target.put(nextData(at) == at ? at(at) : 0);
      }
    }

    @Override
    public long nextData(long offset) {
      return offset < MIB ? MIB : offset < 2 * MIB ? offset : Math.max(offset, size - MIB);
    }

    @Override
    public void close() {}
  }

  private final Deque<Runnable> background = new ArrayDeque<>();

  private final Threads threads =
      new Threads(Runnable::run, Runnable::run, Runnable::run, background::add);

  private final SelectionSums sums = new SelectionSums(threads);

  private static Source source(BlockSource bytes) {
    return new Source(
        Source.Role.BACKING,
        bytes,
        Structures.ofBacking(bytes),
        new Pages(bytes, Runnable::run, Runnable::run));
  }

  private List<String> values() {
    return sums.readings().get().stream().map(Reading::little).toList();
  }

  private static List<String> expected(long from, long length) {
    CRC32C castagnoli = new CRC32C();
    CRC32 ethernet = new CRC32();
    Sparse whole = new Sparse(8 * MIB, -512);
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    whole.read(from, bytes);
    castagnoli.update(bytes.array());
    ethernet.update(bytes.array());
    int crc = (int) castagnoli.getValue();
    return List.of(
        "%,d bytes".formatted(length),
        "0x%08x".formatted(crc),
        "0x%08x".formatted(~crc),
        "0x%08x".formatted((int) ethernet.getValue()));
  }

  @Test
  void aFewBytesAreSummedAtOnce() {
    Source source = source(new Sparse(8 * MIB, -512));
    sums.select(new Location(source, new ByteRange(MIB - 10, 1)));
    assertEquals(List.of(), values());
    ByteRange range = new ByteRange(MIB - 10, 100);
    assertNull(source.pages().bytes(range), "now they are read, as a view does");
    sums.select(new Location(source, range));
    assertEquals(expected(MIB - 10, 100), values());
    assertTrue(background.isEmpty());
  }

  @Test
  void manyBytesAreSummedInTheBackgroundWithoutHoles() {
    Sparse bytes = new Sparse(8 * MIB, -512);
    sums.select(new Location(source(bytes), new ByteRange(100, 8 * MIB - 200)));
    assertEquals(List.of("8,388,408 bytes", "…", "…", "…"), values());
    assertTrue(sums.isRunning());
    background.remove().run();
    assertEquals(expected(100, 8 * MIB - 200), values());
    assertFalse(sums.isRunning());
    assertEquals(2 * MIB - 100, bytes.read, "what the holes hold is known");
  }

  @Test
  void aHoleOfManyGiBTakesNoTime() {
    Sparse bytes = new Sparse(500L << 30, -512);
    Location all = new Location(source(bytes), new ByteRange(0, 500L << 30));
    sums.select(all);
    background.remove().run();
    assertEquals(10, values().get(1).length());
    assertEquals(2 * MIB, bytes.read);
    sums.select(all);
    assertTrue(background.isEmpty(), "it is known");
    all.source().pages().forget();
    sums.select(all);
    assertEquals(1, background.size(), "the image was written");
  }

  @Test
  void anotherSelectionStopsWhatRuns() {
    Sparse bytes = new Sparse(8 * MIB, -512);
    Source source = source(bytes);
    sums.select(new Location(source, new ByteRange(0, 8 * MIB)));
    sums.select(new Location(source, new ByteRange(MIB, 200_000)));
    background.remove().run();
    assertEquals(0, bytes.read);
    assertEquals("…", values().get(1));
    background.remove().run();
    assertEquals(expected(MIB, 200_000), values());
    assertEquals("", sums.message().get());
  }

  @Test
  void whatCannotBeReadHasNoChecksum() {
    Source source = source(new Sparse(8 * MIB, MIB + 3072));
    for (long length : new long[] {8192, 8 * MIB}) {
      sums.select(new Location(source, new ByteRange(8 * MIB - length, 1)));
      sums.select(new Location(source, new ByteRange(length == 8192 ? MIB : 0, length)));
      background.remove().run();
      assertEquals(List.of("–", "–", "–"), values().subList(1, 4));
      assertEquals(
          "sparse: no checksums: 512 bytes at 0x100c00 cannot be read", sums.message().get());
    }
    sums.select(new Location(source, new ByteRange(0, 2)));
    assertEquals("", sums.message().get());
  }

  @Test
  void whatIsStoppedSaysSo() {
    sums.select(new Location(source(new Sparse(8 * MIB, -512)), new ByteRange(0, 8 * MIB)));
    sums.stop();
    background.remove().run();
    assertEquals("–", values().get(1));
    assertEquals("The checksums were stopped.", sums.message().get());
  }

  @Test
  void holesCountAsTheirZeros() {
    Random random = new Random(7);
    for (int turn = 0; turn < 50; turn++) {
      List<byte[]> parts = new ArrayList<>();
      RunningCrc castagnoli = new RunningCrc(new CRC32C(), RunningCrc.CASTAGNOLI);
      RunningCrc ethernet = new RunningCrc(new CRC32(), RunningCrc.ETHERNET);
      for (int i = 0; i < random.nextInt(6); i++) {
        byte[] part = new byte[random.nextInt(3000)];
        if (random.nextBoolean()) {
          random.nextBytes(part);
          castagnoli.update(ByteBuffer.wrap(part));
          ethernet.update(ByteBuffer.wrap(part));
        } else {
          castagnoli.zeros(part.length);
          ethernet.zeros(part.length);
        }
        parts.add(part);
      }
      assertEquals(plain(new CRC32C(), parts), castagnoli.value());
      assertEquals(plain(new CRC32(), parts), ethernet.value());
    }
  }

  private static int plain(Checksum checksum, List<byte[]> parts) {
    parts.forEach(checksum::update);
    return (int) checksum.getValue();
  }
}
