package org.dmsalvage.inspect.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AddressIndexPropertyTest {

  private record Pair(long address, int ordinal) {}

  @Property
  void sortsByAddressThenOrdinal(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 200) int pairs,
      @ForAll @IntRange(min = 1, max = 63) int addressBits,
      @ForAll @IntRange(min = 1, max = 31) int ordinalBits) {
    Random random = new Random(seed);
    int limit = ordinalBits == 31 ? AddressIndex.MAX_PAIRS : 1 << ordinalBits;
    AddressIndex.Builder builder = new AddressIndex.Builder("test", pairs / 2, limit);
    List<Pair> expected = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      long address = random.nextLong() >>> (64 - addressBits);
      if (random.nextBoolean()) {
        address &= 15;
      }
      Pair pair = new Pair(address, random.nextInt(limit));
      expected.add(pair);
      builder.add(pair.address(), pair.ordinal());
    }
    expected.sort(Comparator.comparingLong(Pair::address).thenComparingInt(Pair::ordinal));
    AddressIndex index = builder.build();

    List<Pair> actual = new ArrayList<>();
    for (int i = 0; i < index.size(); i++) {
      actual.add(new Pair(index.address(i), index.ordinal(i)));
    }
    assertEquals(expected, actual);
    assertEquals(expected.stream().map(Pair::address).distinct().count(), index.distinct());
    for (Pair pair : expected) {
      int first = index.lowerBound(pair.address());
      assertEquals(pair.address(), index.address(first));
      int next = index.nextAddress(first);
      assertEquals(
          expected.stream().filter(p -> p.address() == pair.address()).count(), next - first);
    }
    assertEquals(index.size(), index.lowerBound(Long.MAX_VALUE) + count(expected));
  }

  private static long count(List<Pair> pairs) {
    return pairs.stream().filter(p -> p.address() == Long.MAX_VALUE).count();
  }
}
