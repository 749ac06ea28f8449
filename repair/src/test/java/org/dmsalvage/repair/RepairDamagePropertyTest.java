package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.dmsalvage.fixtures.damage.Damage;

/**
 * Whatever was done to a real image: once it is repaired, its driver attaches it and shows every
 * sector that salvage could show before, and it needs no further repair.
 */
class RepairDamagePropertyTest {

  private static List<DamagedImages> writeboost = List.of();
  private static List<DamagedImages> writecache = List.of();
  private static List<DamagedImages> insitu = List.of();

  @BeforeContainer
  static void unpack() {
    writeboost =
        DamagedImages.of(
            "wb-o7-wrapped-crash",
            "wb-o7-torn-tail-wrapped",
            "wb-o4-wrapped-crash",
            "wb-crash",
            "wbp-o7-crash",
            "wbp-o7-stale-ring");
    writecache =
        DamagedImages.of(
            "wc512-crash",
            "wc1024-midcommit",
            "wc4096-crash",
            "wc4096-writeback",
            "wcp512-crash",
            "wcp4096-kill");
    insitu = DamagedImages.of("is-lzo-wb-stale", "is-deflate-wb-crash", "is-lzo-wt-torn-data");
  }

  @AfterContainer
  static void forget() {
    writeboost = List.of();
    writecache = List.of();
    insitu = List.of();
  }

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void aRepairedWriteboostLosesNothing(
      @ForAll @IntRange(max = 5) int which,
      @ForAll @IntRange(min = 1, max = 4) int hits,
      @ForAll long seed) {
    repaired(writeboost.get(which), hits, seed);
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void aRepairedWritecacheLosesNothing(
      @ForAll @IntRange(max = 5) int which,
      @ForAll @IntRange(min = 1, max = 4) int hits,
      @ForAll long seed) {
    repaired(writecache.get(which), hits, seed);
  }

  @Property(tries = 25, shrinking = ShrinkingMode.OFF)
  void aRepairedInsituLosesNothing(
      @ForAll @IntRange(max = 2) int which,
      @ForAll @IntRange(min = 1, max = 3) int hits,
      @ForAll long seed) {
    repaired(insitu.get(which), hits, seed);
  }

  private static void repaired(DamagedImages images, int hits, long seed) {
    List<Damage> done = new ArrayList<>();
    Devices damaged = images.damage(hits, new Random(seed), done);
    boolean shorter = done.stream().anyMatch(Damage.Truncate.class::isInstance);
    assertNull(images.broken(damaged, shorter), () -> images + " after " + done);
  }
}
