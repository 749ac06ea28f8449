package org.dmsalvage.replay.undo;

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
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.fixtures.fault.FaultyChannel;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.device.ForwardingDevice;
import org.dmsalvage.replay.device.NoSpaceException;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InPlaceWriterTest {

  private static final int SECTORS = 256;
  private static final int SIZE = SECTORS * 512 + 100;
  private static final int BATCH = 16 * 512;
  private static final byte[] PURPOSE = new byte[32];

  @TempDir private Path directory;
  private Path disk = Path.of("");
  private Path undo = Path.of("");
  private byte[] original = {};
  private final Wanted wanted = new Wanted();

  /**
   * Changes to sectors 8…40, 41…44, 100…164 and everything from 200 on; some equal what is there.
   */
  private static final class Wanted implements Changes {
    final byte[] bytes = new byte[SIZE];
    long badSector = -1;

    @Override
    public void forEachRange(Ranges sink) {
      sink.range(8 * 512, 32 * 512);
      sink.range(41 * 512, 3 * 512);
      sink.range(100 * 512, 64 * 512);
      sink.range(200 * 512, SIZE - 200 * 512);
    }

    @Override
    public List<ByteRange> readAround(long offset, ByteBuffer target) {
      int length = target.remaining();
      target.put(bytes, (int) offset, length);
      long bad = badSector * 512;
      return badSector >= 0 && offset <= bad && bad < offset + length
          ? List.of(new ByteRange(bad, 512))
          : List.of();
    }

    byte[] onto(byte[] old) {
      byte[] result = old.clone();
      forEachRange((o, l) -> System.arraycopy(bytes, (int) o, result, (int) o, (int) l));
      return result;
    }
  }

  @BeforeEach
  void makeDisk() throws IOException {
    original = new byte[SIZE];
    new Random(5).nextBytes(original);
    new Random(6).nextBytes(wanted.bytes);
    System.arraycopy(original, 110 * 512, wanted.bytes, 110 * 512, 20 * 512);
    disk = Files.write(directory.resolve("disk"), original);
    undo = directory.resolve("undo");
  }

  private BlockDevice open() throws IOException {
    return open(FaultyChannel.over(channel()));
  }

  private static BlockDevice open(FaultyChannel.Builder faults) throws IOException {
    return new ChannelDevice("disk", faults.build());
  }

  private FileChannel channel() throws IOException {
    return FileChannel.open(disk, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private UndoFile undoFile() {
    UndoTarget target = new UndoTarget(UndoTarget.Role.BACKING, "disk", SIZE, "");
    return UndoFile.openOrCreate(undo, PURPOSE, List.of(target));
  }

  private InPlaceWriter.Result apply(BlockDevice device, UndoFile file, Progress progress) {
    return new InPlaceWriter(device, file, 0, BATCH).apply(wanted, progress, "again");
  }

  private InPlaceWriter.Result apply(BlockDevice device) {
    try (device;
        UndoFile file = undoFile()) {
      InPlaceWriter.Result result = apply(device, file, Progress.NONE);
      file.mark(UndoState.COMPLETE);
      return result;
    }
  }

  private Undo.Result undo(BlockDevice device, boolean force) {
    try (device;
        UndoFile file = UndoFile.open(undo)) {
      return new Undo(file, BATCH).run(List.of(device), force, Progress.NONE);
    }
  }

  private static List<ByteRange> ranges(LossList losses) {
    return losses.kept().stream().map(l -> new ByteRange(l.offset(), l.length())).toList();
  }

  @Test
  void writesOnlyWhatDiffersAndTakesItBack() throws IOException {
    int changed = 32 + 3 + 64 - 20;
    long bytes = changed * 512L + SIZE - 200 * 512;
    InPlaceWriter.Result compared;
    try (BlockDevice device = open()) {
      compared = InPlaceWriter.compare(device, wanted, Progress.NONE);
    }
    assertEquals(bytes, compared.written());
    assertArrayEquals(original, Files.readAllBytes(disk));
    InPlaceWriter.Result result = apply(open());
    assertEquals(bytes, result.written());
    assertArrayEquals(wanted.onto(original), Files.readAllBytes(disk));
    assertEquals(0, apply(open()).written());
    assertEquals(bytes, undo(open(), false).restored());
    assertArrayEquals(original, Files.readAllBytes(disk));
    assertEquals(bytes, apply(open()).written(), "what was undone can be done again");
    assertArrayEquals(wanted.onto(original), Files.readAllBytes(disk));
    assertEquals(bytes, undo(open(), false).restored());
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void goesAroundSectorsThatCannotBeWritten() throws IOException {
    FaultyChannel.Builder faults =
        FaultyChannel.over(channel()).unwritable(101 * 512, 512).unwritable(205 * 512, 1);
    InPlaceWriter.Result result = apply(open(faults));
    assertEquals(
        List.of(new ByteRange(101 * 512, 512), new ByteRange(205 * 512, 512)),
        ranges(result.notWritten()));
    byte[] expected = wanted.onto(original);
    System.arraycopy(original, 101 * 512, expected, 101 * 512, 512);
    System.arraycopy(original, 205 * 512, expected, 205 * 512, 512);
    assertArrayEquals(expected, Files.readAllBytes(disk));
    assertEquals(1024, apply(open()).written(), "only what is missing");
    assertArrayEquals(wanted.onto(original), Files.readAllBytes(disk));
    assertEquals(0, undo(open(), false).notWritten().count());
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void keepsWhatTheDiskHasWhereTheCacheCannotBeRead() throws IOException {
    wanted.badSector = 20;
    InPlaceWriter.Result result = apply(open());
    assertEquals(List.of(new ByteRange(20 * 512, 512)), ranges(result.notWritten()));
    byte[] expected = wanted.onto(original);
    System.arraycopy(original, 20 * 512, expected, 20 * 512, 512);
    assertArrayEquals(expected, Files.readAllBytes(disk));
    wanted.badSector = -1;
    assertEquals(512, apply(open()).written(), "only what is missing");
    undo(open(), false);
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void overwritesWhatCannotBeReadAndSaysSo() throws IOException {
    InPlaceWriter.Result result =
        apply(open(FaultyChannel.over(channel()).unreadable(9 * 512, 512)));
    assertEquals(0, result.notWritten().count());
    assertEquals(List.of(new ByteRange(9 * 512, 512)), ranges(result.notSaved()));
    assertArrayEquals(wanted.onto(original), Files.readAllBytes(disk));
    Undo.Result undone = undo(open(), false);
    assertEquals(512, undone.unknown());
    assertEquals(List.of(new ByteRange(9 * 512, 512)), ranges(undone.notSaved()));
    byte[] expected = original.clone();
    System.arraycopy(wanted.bytes, 9 * 512, expected, 9 * 512, 512);
    assertArrayEquals(expected, Files.readAllBytes(disk));
  }

  /** Takes every write, and fails to make durable those that touch one sector. */
  private static class LateFailure extends ForwardingDevice {
    private final long bad;
    private boolean touched;
    private final List<ByteRange> durable = new ArrayList<>();
    private final List<ByteRange> pending = new ArrayList<>();

    LateFailure(BlockDevice device, long bad) {
      super(device);
      this.bad = bad;
    }

    @Override
    public synchronized void write(long offset, ByteBuffer source) {
      ByteRange range = new ByteRange(offset, source.remaining());
      touched |= range.intersects(new ByteRange(bad, 512));
      pending.add(range);
      device.write(offset, source);
    }

    @Override
    public synchronized void flush() {
      boolean failed = touched;
      touched = false;
      if (!failed) {
        durable.addAll(pending);
      }
      pending.clear();
      if (failed) {
        throw new OutputException(name(), "flush", new IOException("EIO"));
      }
    }
  }

  @Test
  void findsTheSectorThatFailsOnlyWhenItIsMadeDurable() throws IOException {
    LateFailure device = new LateFailure(open(), 120L * 512 + 100 * 512);
    InPlaceWriter.Result result = apply(device);
    assertEquals(List.of(new ByteRange(220 * 512, 512)), ranges(result.notWritten()));
    byte[] covered = new byte[SIZE];
    for (ByteRange range : device.durable) {
      Arrays.fill(covered, (int) range.offset(), (int) range.end(), (byte) 1);
    }
    wanted.forEachRange(
        (offset, length) -> {
          for (long at = offset; at < offset + length; at++) {
            boolean same = original[(int) at] == wanted.bytes[(int) at];
            assertTrue(covered[(int) at] == 1 || at / 512 == 220 || same, "not durable: " + at);
          }
        });
  }

  @Test
  void stopsWhenThereIsNoRoom() throws IOException {
    BlockDevice full =
        new LateFailure(open(), 2L * SIZE) {
          @Override
          public synchronized void write(long offset, ByteBuffer source) {
            throw new OutputException(
                name(), "write", new NoSpaceException(new IOException("No space left on device")));
          }
        };
    assertThrows(OutputException.class, () -> apply(full));
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void stopsWhenAskedAndGoesOnLater() throws IOException {
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
    try (BlockDevice device = open();
        UndoFile file = undoFile()) {
      assertThrows(CancelledException.class, () -> apply(device, file, progress));
    }
    byte[] half = Files.readAllBytes(disk);
    assertTrue(!Arrays.equals(original, half) && !Arrays.equals(wanted.onto(original), half));
    long rest = apply(open()).written();
    assertTrue(rest > 0 && rest < 120 * 512, "only what is missing: " + rest);
    assertArrayEquals(wanted.onto(original), Files.readAllBytes(disk));
    undo(open(), false);
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void refusesOtherDataAndForeignWrites() throws IOException {
    apply(open());
    wanted.bytes[9 * 512] ^= 1;
    assertThrows(OutputException.class, () -> apply(open()));
    wanted.bytes[9 * 512] ^= 1;
    byte[] foreign = Files.readAllBytes(disk);
    foreign[10 * 512 + 7] ^= 1;
    Files.write(disk, foreign);
    OutputException refused = assertThrows(OutputException.class, () -> apply(open()));
    assertTrue(String.valueOf(refused.getMessage()).contains("somebody else"), refused.toString());
    assertThrows(UnsupportedImageException.class, () -> undo(open(), false));
    assertArrayEquals(foreign, Files.readAllBytes(disk));
    assertEquals(512, undo(open(), true).foreign());
    assertArrayEquals(original, Files.readAllBytes(disk));
  }

  @Test
  void showsTheOriginalBehindWhatWasWritten() throws IOException {
    apply(open());
    try (BlockDevice device = open();
        UndoFile file = UndoFile.open(undo)) {
      BlockSource source = new OriginalSource(device, file, 0);
      ByteBuffer all = ByteBuffer.allocate(SIZE);
      source.read(0, all);
      assertArrayEquals(original, all.array());
      ByteBuffer some = ByteBuffer.allocate(70 * 512);
      source.read(30 * 512 + 13, some);
      assertArrayEquals(Arrays.copyOfRange(original, 30 * 512 + 13, 100 * 512 + 13), some.array());
      assertEquals(0, source.nextData(0));
      assertEquals(SIZE, source.nextHole(0));
    }
  }

  @Test
  void restoresSeveralDevicesTheLastOneFirst() throws IOException {
    Path second = Files.write(directory.resolve("second"), original);
    List<String> order = new ArrayList<>();
    try (BlockDevice device = open();
        BlockDevice cache =
            new ChannelDevice(
                "cache",
                FileChannel.open(second, StandardOpenOption.READ, StandardOpenOption.WRITE));
        UndoFile file = undoFile()) {
      apply(device, file, Progress.NONE);
      int index = file.target(new UndoTarget(UndoTarget.Role.CACHE, "cache", SIZE, "model"));
      assertEquals(1, index);
      assertEquals(1, file.target(new UndoTarget(UndoTarget.Role.CACHE, "cache", SIZE, "model")));
      new InPlaceWriter(cache, file, index, BATCH).apply(wanted, Progress.NONE, "");
    }
    assertArrayEquals(wanted.onto(original), Files.readAllBytes(second));
    try (BlockDevice device = new Ordered(open(), order);
        BlockDevice cache =
            new Ordered(
                new ChannelDevice(
                    "cache",
                    FileChannel.open(second, StandardOpenOption.READ, StandardOpenOption.WRITE)),
                order);
        UndoFile file = UndoFile.open(undo)) {
      assertEquals("model", file.targets().getLast().model());
      new Undo(file).run(List.of(device, cache), false, Progress.NONE);
    }
    assertArrayEquals(original, Files.readAllBytes(disk));
    assertArrayEquals(original, Files.readAllBytes(second));
    assertEquals(List.of("cache", "disk"), order.stream().distinct().toList());
  }

  /** Notes which device is written when. */
  private static final class Ordered extends LateFailure {
    private final List<String> order;

    Ordered(BlockDevice device, List<String> order) {
      super(device, 2L * SIZE);
      this.order = order;
    }

    @Override
    public synchronized void write(long offset, ByteBuffer source) {
      order.add(name());
      super.write(offset, source);
    }
  }

  @Test
  void noticesADamagedUndoFile() throws IOException {
    apply(open());
    byte[] good = Files.readAllBytes(undo);
    Random random = new Random(7);
    int noticed = 0;
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      int at = UndoHeader.BYTES + random.nextInt(bad.length - UndoHeader.BYTES);
      bad[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(undo, bad);
      Files.write(disk, wanted.onto(original));
      try {
        undo(open(), false);
        assertArrayEquals(original, Files.readAllBytes(disk), "byte " + at);
      } catch (UnsupportedImageException | UnreadableException | OutputException _) {
        assertArrayEquals(wanted.onto(original), Files.readAllBytes(disk), "byte " + at);
        noticed++;
      }
    }
    assertTrue(noticed > 100, noticed + " noticed");
  }

  @Test
  void lossesAreNamed() throws IOException {
    wanted.badSector = 20;
    Loss loss = apply(open()).notWritten().kept().getFirst();
    assertEquals("FL-SOURCE-UNREADABLE", loss.code());
    assertEquals("disk", loss.image());
    assertEquals(1, loss.sectors());
  }
}
