package org.dmsalvage.inspect.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dmsalvage.inspect.error.UnreadableException;

/** Stitched volumes agree with a model that deals out one byte after the other. */
class LayoutPropertyTest {

  private static final int IMAGES = 3;

  /** Images whose bytes say where they are; zeros, which are holes, in every other block of 16. */
  private static final List<BlockSource> SOURCES = sources();

  private static List<BlockSource> sources() {
    List<BlockSource> sources = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      byte[] bytes = new byte[1000 + 500 * i];
      for (int at = 0; at < bytes.length; at++) {
        bytes[at] = (byte) (at / 16 % 2 == 0 ? 1 + (at * 7 + i * 31) % 255 : 0);
      }
      sources.add(new Holed(bytes));
    }
    return sources;
  }

  /** Where a byte of the volume is: image and offset. */
  private record Where(int image, long offset) {}

  @Property(tries = 500)
  void agreesWithTheModel(@ForAll long seed) {
    Random random = new Random(seed);
    List<Layout.Run> runs = new ArrayList<>();
    List<Where> model = new ArrayList<>();
    for (int r = 0; r < 1 + random.nextInt(4); r++) {
      int stripes = 1 + random.nextInt(3);
      int length = 1 + random.nextInt(400);
      int chunk = stripes == 1 ? length : 1 + random.nextInt(40);
      List<Layout.Stripe> parts = new ArrayList<>();
      for (int s = 0; s < stripes; s++) {
        int image = random.nextInt(8) == 0 ? Layout.MISSING : random.nextInt(IMAGES);
        parts.add(new Layout.Stripe(image, random.nextInt(1200)));
      }
      runs.add(new Layout.Run(model.size(), length, chunk, parts));
      long[] used = new long[stripes];
      for (int at = 0; at < length; at++) {
        int s = at / chunk % stripes;
        model.add(new Where(parts.get(s).image(), parts.get(s).offset() + used[s]++));
      }
    }
    Layout layout = new Layout(runs);
    assertEquals(model.size(), layout.size());
    StitchedSource source = new StitchedSource("volume", layout, SOURCES);
    checkPieces(layout, model);
    checkReading(source, model, random);
    checkHoles(source, model);
    checkInverse(layout, model);
  }

  private static void checkPieces(Layout layout, List<Where> model) {
    long[] next = {0};
    layout.forEachPiece(
        0,
        layout.size(),
        piece -> {
          assertEquals(next[0], piece.start());
          for (int i = 0; i < piece.length(); i++) {
            Where where = model.get((int) next[0]++);
            assertEquals(where, new Where(piece.image(), piece.offset() + i));
          }
        });
    assertEquals(layout.size(), next[0]);
  }

  private static void checkReading(StitchedSource source, List<Where> model, Random random) {
    int from = random.nextInt(model.size());
    int to = from + 1 + random.nextInt(model.size() - from);
    ByteBuffer read = ByteBuffer.allocate(to - from);
    List<ByteRange> unreadable = source.readAround(from, read);
    boolean whole = true;
    for (int at = from; at < to; at++) {
      int place = at;
      boolean bad = unreadable.stream().anyMatch(r -> r.intersects(new ByteRange(place, 1)));
      assertEquals(!present(model.get(at)), bad, "byte " + at);
      assertEquals(bad ? 0 : value(model.get(at)), read.get(at - from), "byte " + at);
      whole &= !bad;
    }
    boolean readable = true;
    try {
      source.read(from, read.clear());
    } catch (UnreadableException _) {
      readable = false;
    }
    assertEquals(whole, readable);
  }

  private static void checkHoles(StitchedSource source, List<Where> model) {
    for (int at = 0; at < model.size(); at++) {
      int data = at;
      while (data < model.size() && !mayBeData(model.get(data))) {
        data++;
      }
      assertEquals(data, source.nextData(at), "data from " + at);
      int hole = at;
      while (hole < model.size() && mayBeData(model.get(hole))) {
        hole++;
      }
      assertEquals(hole, source.nextHole(at), "hole from " + at);
    }
  }

  private static void checkInverse(Layout layout, List<Where> model) {
    for (int image = 0; image < IMAGES; image++) {
      long bytes = 0;
      for (Layout.Piece piece : layout.onImage(image, 0, Long.MAX_VALUE)) {
        for (int i = 0; i < piece.length(); i++) {
          Where where = model.get((int) piece.start() + i);
          assertEquals(where, new Where(image, piece.offset() + i));
        }
        bytes += piece.length();
      }
      int wanted = image;
      assertEquals(model.stream().filter(w -> w.image() == wanted).count(), bytes);
    }
  }

  private static boolean present(Where where) {
    return where.image != Layout.MISSING && where.offset < SOURCES.get(where.image).size();
  }

  private static boolean mayBeData(Where where) {
    return !present(where) || where.offset / 16 % 2 == 0;
  }

  private static byte value(Where where) {
    ByteBuffer one = ByteBuffer.allocate(1);
    SOURCES.get(where.image).read(where.offset, one);
    return one.get(0);
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Holed(byte[] bytes) implements BlockSource {
    @Override
    public String name() {
      return "holed";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      Objects.checkFromIndexSize(offset, target.remaining(), bytes.length);
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public long nextData(long offset) {
      return Math.min(offset / 16 % 2 == 0 ? offset : (offset / 16 + 1) * 16, bytes.length);
    }

    @Override
    public long nextHole(long offset) {
      return Math.min(offset / 16 % 2 != 0 ? offset : (offset / 16 + 1) * 16, bytes.length);
    }

    @Override
    public void close() {}
  }
}
