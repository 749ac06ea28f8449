package org.dmsalvage.live.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.CaseInfo;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.replay.device.ChannelDevice;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images that the real driver wrote go on in the engine as they did in the driver. */
class WritecacheGoldenTest {

  private static final int SECTOR = 512;

  @TempDir private Path directory;

  static Stream<GoldenSet> sets() {
    return GoldenSets.ofFormat("writecache").stream()
        .filter(set -> set.info().table().contains(" writecache s "));
  }

  private static ChannelDevice open(Path path) throws IOException {
    return new ChannelDevice(
        path.toString(), FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /** The line of a set, for the whole of its logical device. */
  private static DmTable table(CaseInfo info) {
    DmTable line = DmTable.parse(info.table());
    List<String> arguments = new ArrayList<>(line.arguments());
    long start = info.offsetSectors();
    if (start != 0 && !arguments.contains("start_sector")) {
      arguments.set(4, Integer.toString(Integer.parseInt(arguments.get(4)) + 2));
      arguments.addAll(List.of("start_sector", Long.toString(start)));
    }
    return new DmTable(0, info.logicalSectors(), "writecache", arguments);
  }

  /** Tells of a status line whether nothing was under way, such as a cleaner's work. */
  private static boolean isIdle(@Nullable String status) {
    return status != null && status.split(" ", -1)[6].equals("0");
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @ParameterizedTest
  @MethodSource("sets")
  void goesOnWhereTheDriverStopped(GoldenSet set) throws Exception {
    GoldenSet.Images images = set.unpack(directory);
    CaseInfo.DriverTruth driver = set.driver();
    DmTable table = table(set.info());
    if (!driver.accepted()) {
      byte[] before = Files.readAllBytes(images.cache());
      try (ChannelDevice cache = open(images.cache());
          ChannelDevice backing = open(images.backing())) {
        assertThrows(
            UnsupportedImageException.class,
            () -> WritecacheEngine.over(table, backing, cache, () -> 0));
      }
      assertEquals(sha256(before), sha256(Files.readAllBytes(images.cache())), "untouched");
      return;
    }
    try (WritecacheEngine engine =
        WritecacheEngine.over(table, open(images.backing()), open(images.cache()), () -> 0)) {
      String status = engine.status();
      byte[] logical = new byte[Math.toIntExact(set.info().logicalSectors() * SECTOR)];
      engine.read(0, ByteBuffer.wrap(logical));
      assertEquals(driver.logicalSha256(), sha256(logical));
      boolean failed = engine.error().isPresent();
      if (isIdle(driver.statusAfterResume())) {
        assertEquals(driver.statusAfterResume(), status);
      }
      if (!failed) {
        engine.message(List.of("flush"));
        assertEquals(
            driver.backingAfterFlushSha256(), sha256(Files.readAllBytes(images.backing())));
        assertEquals(0, engine.dirty().at(0, logical.length).flags());
      }
    }
  }
}
