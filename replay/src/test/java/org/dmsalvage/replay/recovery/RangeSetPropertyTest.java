package org.dmsalvage.replay.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.dmsalvage.inspect.io.ByteRange;

/** Ranges in any order against a plain set of bytes. */
class RangeSetPropertyTest {

  private static final int LIMIT = 200;

  @Provide
  Arbitrary<List<ByteRange>> ranges() {
    return Combinators.combine(
            Arbitraries.integers().between(0, LIMIT), Arbitraries.integers().between(0, 12))
        .as((offset, length) -> new ByteRange(offset, length))
        .list()
        .ofMaxSize(40);
  }

  @Property
  void isTheUnionOfWhatWasAdded(
      @ForAll("ranges") List<ByteRange> first, @ForAll("ranges") List<ByteRange> second) {
    RangeSet set = new RangeSet();
    BitSet model = new BitSet();
    add(first, set, model);
    check(set, model);
    RangeSet others = new RangeSet();
    add(second, others, model);
    others.expect(3);
    set.addAll(others);
    check(set, model);
    add(first, set, model);
    check(set, model);
  }

  private static void add(List<ByteRange> ranges, RangeSet set, BitSet model) {
    for (ByteRange range : ranges) {
      set.add(range.offset(), range.length());
      model.set((int) range.offset(), (int) range.end());
    }
  }

  private static void check(RangeSet set, BitSet model) {
    int index = 0;
    for (int at = model.nextSetBit(0); at >= 0; at = model.nextSetBit(model.nextClearBit(at))) {
      assertEquals(at, set.start(index));
      assertEquals(model.nextClearBit(at), set.end(index));
      index++;
    }
    assertEquals(index, set.size());
    assertEquals(model.cardinality(), set.bytes());
    for (int at = 0; at < LIMIT + 20; at++) {
      assertEquals(model.get(at), set.contains(at), "byte " + at);
      int behind = set.endingBehind(at);
      assertTrue(behind == set.size() || set.end(behind) > at);
      assertTrue(behind == 0 || set.end(behind - 1) <= at);
    }
  }

  @Example
  void refusesWhatIsNoRange() {
    RangeSet set = new RangeSet();
    assertThrows(IllegalArgumentException.class, () -> set.add(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> set.add(1, -1));
    assertThrows(IllegalArgumentException.class, () -> set.add(2, Long.MAX_VALUE));
    assertEquals(0, set.size());
  }
}
