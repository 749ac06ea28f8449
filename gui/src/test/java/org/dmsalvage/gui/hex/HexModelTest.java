package org.dmsalvage.gui.hex;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HexModelTest {

  private static final long SIZE = (1L << 49) + 5;

  private final HexModel model = new HexModel(SIZE);

  @BeforeEach
  void twentyRowsOfSixteen() {
    model.resize(16, 20);
  }

  @Test
  void countsRowsBeyondThirtyOneBits() {
    assertEquals((1L << 45) + 1, model.rows());
    model.moveTo(SIZE - 1, false);
    assertEquals(model.lastTopRow(), model.topRow());
    assertEquals(SIZE - 1, model.cursor());
  }

  @Test
  void scrollsNoFartherThanItHasTo() {
    model.moveTo(16 * 19 + 3, false);
    assertEquals(0, model.topRow());
    model.moveBy(16, false);
    assertEquals(1, model.topRow());
    model.moveBy(-16 * 20, false);
    assertEquals(0, model.topRow());
    model.moveTo(1 << 20, false);
    assertEquals((1 << 16) - 5, model.topRow(), "a quarter of the window above");
  }

  @Test
  void keepsTheColumnAtBothEnds() {
    model.moveTo(5, false);
    model.moveBy(-16, false);
    assertEquals(5, model.cursor());
    model.moveTo(SIZE - 1, false);
    model.moveBy(160, false);
    assertEquals(SIZE - 1, model.cursor());
  }

  @Test
  void selectsBothWays() {
    model.moveTo(100, false);
    model.moveBy(3, true);
    assertEquals(new ByteRange(100, 4), model.selection());
    model.moveTo(98, true);
    assertEquals(new ByteRange(98, 3), model.selection());
    model.select(new ByteRange(4096, 512));
    assertEquals(new ByteRange(4096, 512), model.selection());
    assertEquals(4096, model.cursor());
  }

  @Test
  void keepsTheFirstByteInSightWhenRowsChange() {
    model.scrollTo(1000);
    model.resize(32, 10);
    assertEquals(500, model.topRow());
  }

  @Test
  void anEmptyImageHasNothing() {
    HexModel empty = new HexModel(0);
    empty.moveBy(1, false);
    empty.scrollTo(9);
    assertEquals(0, empty.cursor());
    assertEquals(0, empty.topRow());
    assertEquals(0, empty.rows());
  }
}
