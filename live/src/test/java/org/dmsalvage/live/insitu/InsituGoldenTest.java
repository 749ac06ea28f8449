package org.dmsalvage.live.insitu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images that the real driver wrote go on in the engine. */
class InsituGoldenTest {

  private static final int BLOCK = 4096;

  @TempDir private Path directory;

  static List<GoldenSet> sets() {
    return GoldenSets.ofFormat("insitu");
  }

  private static InsituEngine open(Path image, DmTable table) throws Exception {
    FileChannel channel =
        FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE);
    ChannelDevice device = new ChannelDevice(image.toString(), channel);
    try {
      return InsituEngine.over(table, device, () -> 0, 100);
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  private static byte[] replay(Path image, Policy policy) {
    try (BlockSource source = Images.open(image.toString())) {
      OpenRequest request =
          new OpenRequest(source, null, null, "insitu", null, OptionalInt.empty());
      Recovery.LogicalDevice device =
          Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE))
              .logical()
              .orElseThrow();
      byte[] bytes = new byte[Math.toIntExact(device.size())];
      device.read(0, ByteBuffer.wrap(bytes));
      device.close();
      return bytes;
    }
  }

  private static boolean same(byte[] a, byte[] b, int at) {
    return Arrays.equals(a, at, at + BLOCK, b, at, at + BLOCK);
  }

  private static void assertEither(byte[] found, byte[] driver, byte[] salvage) {
    for (int at = 0; at < found.length; at += BLOCK) {
      assertTrue(same(found, driver, at) || same(found, salvage, at), "block " + at / BLOCK);
    }
  }

  /** Reads an engine a block at a time; what it cannot read is as somebody else says. */
  private static int read(InsituEngine engine, byte[] bytes) {
    int unreadable = 0;
    for (int at = 0; at < bytes.length; at += BLOCK) {
      byte[] block = new byte[BLOCK];
      try {
        engine.read(at, ByteBuffer.wrap(block));
        System.arraycopy(block, 0, bytes, at, BLOCK);
      } catch (UnreadableException _) {
        unreadable++;
      }
    }
    return unreadable;
  }

  @ParameterizedTest
  @MethodSource("sets")
  void goesOnWhereTheDriverStopped(GoldenSet set) throws Exception {
    Path image = set.unpack(directory).cache();
    InsituGeometry geometry = InsituGeometry.ofDevice(Files.size(image)).orElseThrow();
    DmTable table =
        DmTable.parse("0 %d insitu_comp dev writeback 1".formatted(geometry.logicalBytes() / 512));
    byte[] untouched = Files.readAllBytes(image);
    if (set.driver().logicalSha256() == null) {
      assertThrows(UnsupportedImageException.class, () -> open(image, table));
      assertArrayEquals(untouched, Files.readAllBytes(image));
      return;
    }
    byte[] driver = replay(image, Policy.DRIVER);
    byte[] salvage = replay(image, Policy.SALVAGE);
    byte[] model = salvage.clone();
    try (InsituEngine engine = open(image, table)) {
      int unreadable = read(engine, model);
      assertEither(model, driver, salvage);
      if (Arrays.equals(driver, salvage)) {
        assertEquals(0, unreadable);
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        assertEquals(set.driver().logicalSha256(), HexFormat.of().formatHex(sha256.digest(model)));
      }
      assertArrayEquals(untouched, Files.readAllBytes(image), "reading writes nothing");
      change(engine, model);
    }
    assertEither(model, replay(image, Policy.DRIVER), replay(image, Policy.SALVAGE));
    try (InsituEngine engine = open(image, table)) {
      byte[] again = new byte[model.length];
      engine.read(0, ByteBuffer.wrap(again));
      assertArrayEquals(model, again);
    }
  }

  /** Writes here and there, then over all that cannot be read. */
  private static void change(InsituEngine engine, byte[] model) {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 60; i++) {
      int at = random.nextInt(model.length / 512) * 512;
      int length = Math.min(model.length - at, 512 * random.nextInt(1, 150));
      byte[] data = new byte[length];
      Arrays.fill(data, (byte) i);
      try {
        engine.write(at, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, at, length);
      } catch (UnreadableException _) {
        // Part of an extent that is damaged: as before.
      }
    }
    engine.flush();
    // Whole runs of 32 blocks: what they held need not be read.
    byte[] run = new byte[32 * BLOCK];
    for (int at = 0; at < model.length; at += run.length) {
      int length = Math.min(run.length, model.length - at);
      byte[] before = new byte[length];
      try {
        engine.read(at, ByteBuffer.wrap(before));
      } catch (UnreadableException _) {
        random.nextBytes(run);
        engine.write(at, ByteBuffer.wrap(run, 0, length));
        System.arraycopy(run, 0, model, at, length);
      }
    }
  }
}
