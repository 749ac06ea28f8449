package org.dmsalvage.live.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.CaseInfo;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.device.ForwardingDevice;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images that the real drivers wrote, most of them at a crash, go on in the engine. */
class WriteboostGoldenTest {

  /** No crash explains what they hold, or they are not for use as a write-back cache. */
  private static final Set<String> REFUSED =
      Set.of(
          "wb-around",
          "wb-below-superblock",
          "wb-o7-lost-all-then-used",
          "wb-o7-volatile-backing",
          "wb-one-segment",
          "wb-too-small");

  @TempDir private Path directory;

  static Stream<GoldenSet> sets() {
    return Stream.of("writeboost-2014", "writeboost-2")
        .flatMap(format -> GoldenSets.ofFormat(format).stream());
  }

  /** A file that is made durable when it is closed: there is no power cut here. */
  private static final class Unsynced extends ForwardingDevice {
    Unsynced(BlockDevice device) {
      super(device);
    }

    @Override
    public void flush() {}
  }

  private static BlockDevice open(Path path) throws IOException {
    return new Unsynced(
        new ChannelDevice(
            path.toString(),
            FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)));
  }

  private static WriteboostEngine engine(DmTable table, GoldenSet.Images images)
      throws IOException {
    Path plog = images.plog();
    return WriteboostEngine.over(
        table,
        open(images.backing()),
        open(images.cache()),
        plog == null ? null : open(plog),
        () -> 0);
  }

  private static byte[] read(WriteboostEngine engine) {
    byte[] bytes = new byte[Math.toIntExact(engine.size())];
    engine.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static byte[] replay(GoldenSet.Images images, DmTable table, Policy policy) {
    try (BlockSource cache = Images.open(images.cache().toString());
        BlockSource backing = Images.open(images.backing().toString());
        @Nullable BlockSource plog =
            images.plog() == null ? null : Images.open(images.plog().toString())) {
      OpenRequest request = new OpenRequest(cache, plog, backing, null, table, OptionalInt.empty());
      byte[] bytes = new byte[Math.toIntExact(table.bytes())];
      Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE))
          .logical()
          .orElseThrow()
          .read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  /** A line of type 0 has the driver ignore a plog device that may be there. */
  private static GoldenSet.Images withoutIgnored(String table, GoldenSet.Images images) {
    return table.contains(" writeboost 0 ")
        ? new GoldenSet.Images(images.cache(), images.backing(), null)
        : images;
  }

  @ParameterizedTest
  @MethodSource("sets")
  @SuppressWarnings("try") // What close() leaves behind is looked at, too.
  void goesOnWhereTheDriverStopped(GoldenSet set) throws Exception {
    GoldenSet.Images images = withoutIgnored(set.info().table(), set.unpack(directory));
    CaseInfo info = set.info();
    DmTable line = DmTable.parse(info.table());
    DmTable table = new DmTable(0, info.logicalSectors(), "writeboost", line.arguments());
    byte[] before = Files.readAllBytes(images.cache());
    if (REFUSED.contains(set.name())) {
      SalvageException refusal = assertThrows(SalvageException.class, () -> engine(table, images));
      assertTrue(
          refusal instanceof UnsupportedImageException || refusal instanceof UsageException,
          refusal.getMessage());
      assertArrayEquals(before, Files.readAllBytes(images.cache()), "untouched");
      return;
    }
    byte[] model = replay(images, table, Policy.SALVAGE);
    try (WriteboostEngine engine = engine(table, images)) {
      assertArrayEquals(model, read(engine), "salvage and engine");
      Random random = new Random(set.name().hashCode());
      for (int i = 0; i < 200; i++) {
        byte[] data = new byte[512 * (1 + random.nextInt(16))];
        random.nextBytes(data);
        int at = random.nextInt((model.length - data.length) / 512) * 512;
        engine.write(at, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, at, data.length);
      }
      engine.flush();
      assertArrayEquals(model, replay(images, table, Policy.SALVAGE), "salvage after a flush");
      assertArrayEquals(model, replay(images, table, Policy.DRIVER), "driver after a flush");
      engine.message(List.of("drop_caches"));
      byte[] backing = Files.readAllBytes(images.backing());
      assertArrayEquals(model, Arrays.copyOf(backing, model.length), "backing device");
      engine.close();
      assertArrayEquals(model, replay(images, table, Policy.SALVAGE), "salvage after the end");
      assertArrayEquals(model, replay(images, table, Policy.DRIVER), "driver after the end");
    }
  }
}
