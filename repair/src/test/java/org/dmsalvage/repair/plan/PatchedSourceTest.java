package org.dmsalvage.repair.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.dmsalvage.inspect.check.CommonCode;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.junit.jupiter.api.Test;

/** A view with patches shows what writing them would leave behind. */
class PatchedSourceTest {

  private static final int SIZE = 300;

  private static Action action(long offset, byte[] after) {
    return new Action(
        CommonCode.UNREADABLE,
        Role.CACHE,
        offset,
        new byte[after.length],
        after,
        "why",
        "none",
        "");
  }

  @Test
  void showsTheLastPatchOfEachByte() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      byte[] expected = new byte[SIZE];
      List<Action> actions = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        byte[] after = new byte[1 + random.nextInt(40)];
        random.nextBytes(after);
        int offset = random.nextInt(SIZE - after.length + 1);
        System.arraycopy(after, 0, expected, offset, after.length);
        actions.add(action(offset, after));
      }
      BlockSource view = new PatchedSource(new Zeros(0, SIZE), actions);
      int from = random.nextInt(SIZE);
      int length = 1 + random.nextInt(SIZE - from);
      ByteBuffer part = ByteBuffer.allocate(length);
      view.read(from, part);
      byte[] wanted = new byte[length];
      System.arraycopy(expected, from, wanted, 0, length);
      assertArrayEquals(wanted, part.array());
    }
  }

  @Test
  void takesPatchesInHolesForData() {
    Zeros image = new Zeros(100, 200);
    BlockSource view = new PatchedSource(image, List.of(action(40, new byte[10])));
    assertEquals(40, view.nextData(0));
    assertEquals(45, view.nextData(45));
    assertEquals(50, view.nextHole(40));
    assertEquals(100, view.nextData(50));
    assertEquals(200, view.nextHole(100));
    BlockSource behind = new PatchedSource(image, List.of(action(200, new byte[100])));
    assertEquals(300, behind.nextHole(100));
    assertEquals("zeros", behind.name());
    behind.close();
  }

  @Test
  void needsNotReadWhatIsReplaced() {
    List<Action> actions = List.of(action(10, new byte[] {1}), action(11, new byte[] {2, 3}));
    BlockSource view = new PatchedSource(new Unreadable(), actions);
    ByteBuffer replaced = ByteBuffer.allocate(4).position(1);
    view.read(10, replaced);
    assertArrayEquals(new byte[] {0, 1, 2, 3}, replaced.array());
    assertEquals(0, replaced.remaining());
    assertThrows(UnreadableException.class, () -> view.read(9, ByteBuffer.allocate(2)));
    assertThrows(UnreadableException.class, () -> view.read(12, ByteBuffer.allocate(2)));
  }

  /**
   * Nothing but zeros.
   *
   * @param dataFrom where its data begins
   * @param dataTo where it ends
   */
  private record Zeros(long dataFrom, long dataTo) implements BlockSource {
    @Override
    public String name() {
      return "zeros";
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      target.put(new byte[target.remaining()]);
    }

    @Override
    public long nextData(long offset) {
      return offset >= dataTo ? SIZE : Math.max(offset, dataFrom);
    }

    @Override
    public long nextHole(long offset) {
      return offset >= dataFrom && offset < dataTo ? dataTo : offset;
    }

    @Override
    public void close() {}
  }

  /** Nothing of it can be read. */
  private record Unreadable() implements BlockSource {
    @Override
    public String name() {
      return "unreadable";
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      throw new UnreadableException(name(), "bad sector");
    }

    @Override
    public void close() {}
  }
}
