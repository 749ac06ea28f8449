package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dmsalvage.fixtures.pattern.Sectors;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code replay --cross-check} and {@code --include-uncommitted} as a user sees them. */
class CrossCheckCommandTest {

  private static final int SECTORS = 1024;
  private static final int AT_SUPERBLOCK = 1024;

  @TempDir private Path directory;
  private final WritecacheImage image = new WritecacheImage(4096, 496, 0, 1);
  private final byte[] backing = Sectors.background(SECTORS, 1);

  @BeforeEach
  void fill() {
    image.commit(7).put(0, 0, 6, 10).put(1, 80, 6, 11).put(2, 80, 7, 12).put(3, 88, 7, 13).free(3);
    ext(image.bytes(), image.dataOffset(0) + AT_SUPERBLOCK, 1000);
    ext(backing, AT_SUPERBLOCK, 900);
  }

  private static void ext(byte[] bytes, int at, int writtenAt) {
    ByteBuffer little = ByteBuffer.wrap(bytes, at, 512).slice().order(ByteOrder.LITTLE_ENDIAN);
    little.putInt(48, writtenAt).putShort(56, (short) 0xef53).putLong(104, 1);
  }

  private Run replay(String... more) throws IOException {
    Path cache = Files.write(directory.resolve("cache.img"), image.bytes());
    Path disk = Files.write(directory.resolve("backing.img"), backing);
    String[] arguments = new String[4 + more.length];
    arguments[0] = "replay";
    arguments[1] = cache.toString();
    arguments[2] = "--backing";
    arguments[3] = disk.toString();
    System.arraycopy(more, 0, arguments, 4, more.length);
    return Run.of(arguments);
  }

  @Test
  void saysThatNothingContradicts() throws IOException {
    Run run = replay("--cross-check");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("unknown    16 sectors"), run.out());
    assertTrue(run.out().contains("would bring 16 sectors up to date"), run.out());
  }

  @Test
  void aDiskThatWasMountedWithoutItsCacheIsAnError() throws IOException {
    ext(backing, AT_SUPERBLOCK, 2000);
    Run text = replay("--cross-check");
    assertEquals(4, text.status(), text.err());
    assertTrue(text.out().contains("sectors 2..3: ext superblock written at 1970"), text.out());
    assertTrue(text.out().contains("XC-FOREIGN-BACKING"), text.out());

    Run json = replay("--cross-check", "--json");
    assertEquals(4, json.status());
    JsonNode document = new ObjectMapper().readTree(json.out());
    assertEquals(1, document.path("crossCheck").path("sectors").path("foreign").asInt());
    assertEquals("XC-FOREIGN-BACKING", document.path("findings").path(0).path("code").asText());
  }

  @Test
  void needsABackingDevice() throws IOException {
    replay();
    Run run = Run.of("replay", directory.resolve("cache.img").toString(), "--cross-check");
    assertEquals(16, run.status());
    assertTrue(run.err().contains("--backing"), run.err());
  }

  @Test
  void listsWhatWasNeverCommitted() throws IOException {
    Run run = replay("--include-uncommitted");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("uncommitted, shown  sectors 80..88"), run.out());
    assertTrue(run.out().contains("differs from committed entry 1"), run.out());
    assertTrue(run.out().contains("freed  sectors 88..96"), run.out());
    assertEquals(16, replay("--include-uncommitted", "--policy", "driver").status());
  }
}
