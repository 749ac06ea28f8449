package org.dmsalvage.inspect.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.error.UnsupportedImageException;

/** Whatever stands in a mapfile, it is refused, or means the same in every way of asking. */
class ReadMapPropertyTest {

  private static final int SIZE = 0x2400;

  private static final String[] WORDS = {
    "0x7FFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF", "-1", "0", "1", "0x", "+", "-", "?", "", "#", "08"
  };

  /** Ones, with a hole in the middle. */
  private record Image() implements BlockSource {
    @Override
    public String name() {
      return "image";
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      Objects.checkFromIndexSize(offset, target.remaining(), size());
      while (target.hasRemaining()) {
        target.put((byte) (hole(offset++) ? 0 : 1));
      }
    }

    private static boolean hole(long at) {
      return at >= 0x900 && at < 0x1800;
    }

    @Override
    public long nextData(long offset) {
      return hole(offset) ? 0x1800 : offset;
    }

    @Override
    public long nextHole(long offset) {
      return offset < 0x900 ? 0x900 : hole(offset) ? offset : size();
    }

    @Override
    public void close() {}
  }

  private static String damaged(Random random, int changes) {
    List<String> lines = new ArrayList<>(ReadMapTest.REAL.lines().toList());
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(lines.size());
      switch (random.nextInt(5)) {
        case 0 -> lines.set(at, lines.get(random.nextInt(lines.size())));
        case 1 -> lines.add(lines.get(at));
        case 2 -> {
          byte[] bytes = (lines.get(at) + " ").getBytes(StandardCharsets.ISO_8859_1);
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
          lines.set(at, new String(bytes, StandardCharsets.ISO_8859_1));
        }
        case 3 -> {
          String[] words = lines.get(at).split(" +", -1);
          words[random.nextInt(words.length)] = WORDS[random.nextInt(WORDS.length)];
          lines.set(at, String.join(" ", words));
        }
        default -> {
          if (lines.size() > 1) {
            lines.remove(at);
          }
        }
      }
    }
    return String.join("\n", lines);
  }

  @Property(tries = 200)
  void damagedMaps(@ForAll long seed, @ForAll @IntRange(max = 6) int changes) {
    Random random = new Random(seed);
    String text = damaged(random, changes);
    ReadMap map;
    try {
      Path file = Files.createTempFile("map", "");
      try {
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);
        map = ReadMap.read(file.toString());
      } catch (UnsupportedImageException _) {
        return;
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    agrees(map.over(new Image()), map);
  }

  private static void agrees(BlockSource source, ReadMap map) {
    ByteBuffer all = ByteBuffer.allocate(SIZE);
    boolean[] unreadable = new boolean[SIZE];
    for (ByteRange range : source.readAround(0, all)) {
      Arrays.fill(unreadable, (int) range.offset(), (int) range.end(), true);
    }
    for (int at = 0; at < SIZE; at++) {
      assertEquals(!map.wasRead(at), unreadable[at], "byte " + at);
      assertEquals(unreadable[at] || Image.hole(at) ? 0 : 1, all.get(at));
      assertTrue(map.stretchEnd(at) > at);
    }
    for (int at = 0; at < SIZE; at += 61) {
      int data = at;
      while (data < SIZE && !unreadable[data] && Image.hole(data)) {
        data++;
      }
      assertEquals(data, source.nextData(at));
      int hole = at;
      while (hole < SIZE && (unreadable[hole] || !Image.hole(hole))) {
        hole++;
      }
      assertEquals(hole, source.nextHole(at));
    }
  }
}
