package org.dmsalvage.gui.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The models, without a window: everything runs at once on the thread of the test. */
class SessionModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private static Path shared;

  @TempDir private Path directory;

  private Session session;

  @BeforeEach
  void open() throws IOException {
    Path set = shared.resolve("set");
    if (!Files.exists(set)) {
      GoldenSet.Images unpacked = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(set);
      assertEquals(set.resolve("cache.img"), unpacked.cache());
    }
    session =
        Session.open(
            new Session.Paths(
                set.resolve("cache.img").toString(),
                null,
                set.resolve("backing.img").toString(),
                null),
            AT_ONCE);
  }

  @AfterEach
  void close() {
    session.close();
  }

  @ParameterizedTest
  @CsvSource({
    "0x1000, 4096, 1",
    "4096, 4096, 1",
    "2047s, 1048064, 1",
    "1m, 1048576, 1",
    "+16, 16, 1",
    "sector 8, 4096, 1",
    "slot 43, 3866624, 65536",
    "id 92, 3866624, 65536",
    "segment 43, 3866624, 65536",
    "' SLOT 0 ', 1048576, 65536",
  })
  void understandsPlaces(String typed, long offset, long length) {
    assertEquals(new ByteRange(offset, length), Jump.parse(typed, session).range());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "slot 48",
        "id 0",
        "-1",
        "0x400000",
        "99999999999999999999",
        "8388608t",
        "sector 9223372036854775807",
        "extent 7"
      })
  void refusesWhatIsNotThere(String typed) {
    assertThrows(UsageException.class, () -> Jump.parse(typed, session));
  }

  @Test
  void goesBackAndForward() {
    Navigator navigator = session.navigator();
    Source cache = session.cache();
    navigator.jump(Location.at(cache, 100));
    navigator.move(Location.at(cache, 101));
    navigator.jump(Location.at(cache, 200));
    navigator.back();
    assertEquals(101, navigator.location().get().range().offset());
    navigator.back();
    assertEquals(0, navigator.location().get().range().offset());
    assertFalse(navigator.canGoBack().get());
    navigator.forward();
    navigator.forward();
    assertEquals(200, navigator.location().get().range().offset());
    assertFalse(navigator.canGoForward().get());
    navigator.jump(new Location(cache, new ByteRange(1L << 40, 1L << 40)));
    assertEquals(new ByteRange((4 << 20) - 1, 1), navigator.location().get().range());
  }

  @Test
  void findsTheSmallestStructureThatHoldsARange() {
    Source cache = session.cache();
    assertEquals("slot 43", cache.path(new ByteRange(0x3b0000, 0x10000)).getLast().name());
    assertEquals("header", cache.path(new ByteRange(0x3b0000, 1)).getLast().name());
    assertEquals("segments", cache.path(new ByteRange(0x3affff, 2)).getLast().name());
  }

  @Test
  void pagesArriveAndUnreadableBytesAreMarked() {
    List<Runnable> later = new ArrayList<>();
    BlockSource broken =
        new BlockSource() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public long size() {
            return 100_000;
          }

          @Override
          public void read(long offset, ByteBuffer target) {
            if (offset + target.remaining() > 1024 && offset < 1536) {
              throw new UnreadableException("broken", "bad sector");
            }
            while (target.hasRemaining()) {
              target.put((byte) 7);
            }
          }

          @Override
          public void close() {}
        };
    Pages pages = new Pages(broken, later::add, Runnable::run);
    List<String> arrivals = new ArrayList<>();
    pages.onArrival(() -> arrivals.add("page"));
    assertEquals(Pages.PENDING, pages.byteAt(0));
    assertNull(pages.bytes(new ByteRange(0, 4)));
    assertEquals(1, later.size(), "asked for once");
    later.removeFirst().run();
    assertEquals(List.of("page"), arrivals);
    assertEquals(7, pages.byteAt(0));
    assertEquals(7, pages.byteAt(1023));
    assertEquals(Pages.UNREADABLE, pages.byteAt(1024));
    assertEquals(7, pages.byteAt(1536));
    assertNull(pages.bytes(new ByteRange(1000, 100)));
    assertArrayEquals(new byte[] {7, 7}, pages.bytes(new ByteRange(0, 2)));
  }

  @Test
  void searchesAcrossWindowsHolesAndTheEnd() throws IOException {
    Path file = directory.resolve("sparse");
    byte[] needle = "needle".getBytes(StandardCharsets.UTF_8);
    long size = (1L << 32) + 100;
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertEquals(6, channel.write(ByteBuffer.wrap(needle), (1 << 20) - 3));
      assertEquals(6, channel.write(ByteBuffer.wrap(needle), size - 6));
    }
    try (BlockSource source = Images.open(file.toString())) {
      Pattern text = Pattern.parse("needle");
      assertTrue(text.isText());
      assertEquals(OptionalLong.of((1 << 20) - 3), next(source, text, 0));
      assertEquals(OptionalLong.of(size - 6), next(source, text, 1 << 20));
      assertEquals(OptionalLong.of((1 << 20) - 3), next(source, text, size - 5));
      assertEquals(OptionalLong.of((1 << 20) - 5), next(source, Pattern.parse("00 00 6e65"), 0));
      assertEquals(OptionalLong.empty(), next(source, Pattern.parse("\"00\""), 0));
      Pattern stored = Pattern.parse("sector 111516215240046");
      assertEquals(OptionalLong.of((1 << 20) - 3), next(source, stored, 0), "needle and zeros");
    }
  }

  private static OptionalLong next(BlockSource source, Pattern pattern, long from) {
    return Search.next(source, pattern, from, Progress.NONE);
  }

  @Test
  void readsNumbersBothWays() {
    List<Reading> readings = Reading.of(new byte[] {(byte) 0xfe, (byte) 0xff, 0, 0});
    assertEquals(new Reading("u8", "254", ""), readings.get(0));
    assertEquals(new Reading("i8", "-2", ""), readings.get(1));
    assertEquals(new Reading("u16", "65534", "65279"), readings.get(2));
    assertEquals(new Reading("i16", "-2", "-257"), readings.get(3));
    assertEquals(new Reading("u32", "65534", "4278124544"), readings.get(4));
    byte[] letters = "ab\u0007é€\u00ff".getBytes(StandardCharsets.UTF_8);
    assertTrue(Reading.of(letters).contains(new Reading("text", "ab·é€ÿ", "")));
    byte[] cut = Arrays.copyOf(letters, 6);
    assertTrue(Reading.of(cut).contains(new Reading("text", "ab·é", "")), "a letter cut off");
    assertTrue(Reading.of(new byte[8]).contains(new Reading("text", "–", "")));
    // Of 3584 zero bytes, as many a segment's test says.
    Reading crc = Reading.ofSelection(3584, Checksums.of(new byte[3584])).get(1);
    assertEquals(String.format("0x%08x", 143703573), crc.little());
  }

  @Test
  void workTellsHowItEnds() {
    List<String> results = new ArrayList<>();
    Work done = Work.start(Runnable::run, Runnable::run, _ -> "result", results::add);
    assertEquals(Work.State.DONE, done.state().get());
    Work failed =
        Work.start(
            Runnable::run,
            Runnable::run,
            _ -> {
              throw new UnreadableException("image", "bad");
            },
            r -> results.add("never"));
    assertEquals(Work.State.FAILED, failed.state().get());
    assertEquals("image: bad", failed.message().get());
    List<Runnable> waiting = new ArrayList<>();
    Work stopped =
        Work.start(
            waiting::add,
            Runnable::run,
            progress -> {
              progress.begin("working", 10);
              progress.checkCancelled("working");
              return "never";
            },
            results::add);
    stopped.cancel();
    waiting.getFirst().run();
    assertEquals(Work.State.CANCELLED, stopped.state().get());
    assertEquals(List.of("result"), results);
  }

  @Test
  void examinesAsTheCommandLineDoes() {
    Examination examination =
        Examination.of(session.image(), CacheImage.Depth.VERIFY, Progress.NONE);
    assertTrue(
        examination.findings().stream().anyMatch(f -> f.code().id().equals("WB-SLOT-REUSE-TEAR")));
  }
}
