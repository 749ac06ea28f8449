package org.dmsalvage.inspect.sanitize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Any addresses get others, each its own. */
class NewAddressesPropertyTest {

  private static long address(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(5000);
      case 1 -> (1L << (21 + random.nextInt(30))) + random.nextInt(64);
      case 2 -> random.nextLong(1L << 54);
      default -> random.nextLong();
    };
  }

  @Property(tries = 200)
  void eachHasItsOwn(@ForAll long seed) {
    Random random = new Random(seed);
    Set<Long> old = new HashSet<>();
    NewAddresses.Builder builder = new NewAddresses.Builder("image");
    for (int i = random.nextInt(3000); i >= 0; i--) {
      long address = address(random);
      old.add(address);
      builder.add(address);
    }
    NewAddresses addresses = builder.build(random);
    Set<Long> now = new HashSet<>();
    for (long address : old) {
      long other = addresses.of(address);
      assertTrue(now.add(other), "two have the same");
      assertFalse(old.contains(other), "new and old");
      assertEquals(address & 7, other & 7);
      assertEquals(address >>> 54, other >>> 54);
      if (old.contains(address + 8) && address >>> 54 == (address + 8) >>> 54) {
        assertEquals(other + 8, addresses.of(address + 8));
      }
    }
  }
}
