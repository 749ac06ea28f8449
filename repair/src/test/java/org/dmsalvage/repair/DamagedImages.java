package org.dmsalvage.repair;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.damage.DamageGenerator;
import org.dmsalvage.fixtures.damage.DamageGenerator.What;
import org.dmsalvage.fixtures.damage.DamageGenerator.Where;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.fixtures.golden.Judge.Grade;
import org.dmsalvage.fixtures.golden.SectorTruth;
import org.dmsalvage.fixtures.pattern.Stamp;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.InsituCode;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/** Real images with damage made up, and what a repair must have done with them. */
final class DamagedImages {

  private static final int SECTOR = 512;
  private static final List<What> WHAT = List.of(What.values());
  private static final List<Where> WHERE = List.of(Where.values());

  private final GoldenSet set;
  private final Devices whole;
  private final List<SectorTruth> truth;

  private DamagedImages(GoldenSet set) {
    this.set = set;
    this.whole = Devices.of(set.name());
    try {
      this.truth = set.sectors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<DamagedImages> of(String... names) {
    return Arrays.stream(names).map(GoldenSets::get).map(DamagedImages::new).toList();
  }

  /** Damages the images. */
  Devices damage(int hits, Random random, List<Damage> done) {
    byte[] cache = whole.cache().bytes();
    byte[] plog = whole.plog() == null ? null : whole.plog().bytes();
    Damage cut = null;
    for (int i = 0; i < hits; i++) {
      What what = WHAT.get(random.nextInt(WHAT.size()));
      // A shorter device is another device: rarely, and only once.
      what = what == What.TRUNCATE && (i > 0 || random.nextInt(4) > 0) ? What.FLIP_BIT : what;
      Where where = WHERE.get(random.nextInt(WHERE.size()));
      boolean onPlog = plog != null && random.nextBoolean() && what != What.TRUNCATE;
      Damage damage =
          DamageGenerator.generate(
              onPlog ? "plog" : whole.format(),
              onPlog ? plog : whole.cache().bytes(),
              what,
              where,
              random.nextLong());
      done.add(damage);
      if (damage instanceof Damage.Truncate) {
        // The others are for places in the whole device.
        cut = damage;
      } else if (onPlog) {
        plog = damage.applyTo(plog);
      } else {
        cache = damage.applyTo(cache);
      }
    }
    cache = cut == null ? cache : cut.applyTo(cache);
    return whole.with(new MemorySource(cache), plog == null ? null : new MemorySource(plog));
  }

  /** Repairs damaged images, and says what was promised and is not so; null if all is well. */
  @Nullable String broken(Devices damaged, boolean mayRefuse) {
    Recovery before;
    Plan plan;
    try {
      before = replay(damaged.request(), Policy.SALVAGE);
      plan = damaged.plan();
    } catch (SalvageException _) {
      return null;
    }
    OpenRequest repaired = plan.repaired();
    if (!Repairers.plan(repaired, _ -> true, Progress.NONE).actions().isEmpty()) {
      return "the repaired cache needs repair";
    }
    Recovery driver = replay(repaired, Policy.DRIVER);
    DriverOutcome outcome = driver.report().driver().orElseThrow();
    if (outcome.outcome() != Outcome.ACCEPT) {
      // Counts of another size may as well be right: whether they are is for the user to say.
      boolean otherSize = plan.remaining().stream().anyMatch(f -> f.code() == InsituCode.GEOMETRY);
      return mayRefuse || otherSize ? null : outcome + " after " + plan.actions();
    }
    byte[] salvaged = bytes(before);
    if (!whole.format().equals("insitu")) {
      RangeSet cut = mayRefuse ? before.report().lost().ranges() : new RangeSet();
      return lost(salvaged, salvaged, bytes(driver), cut, plan);
    }
    // Payloads are not changed, so some of them only salvage can read, before and after.
    String lost =
        lost(salvaged, salvaged, bytes(replay(repaired, Policy.SALVAGE)), new RangeSet(), plan);
    Recovery unrepaired = replay(damaged.request(), Policy.DRIVER);
    boolean accepted = unrepaired.report().driver().orElseThrow().outcome() == Outcome.ACCEPT;
    return lost == null && accepted
        ? lost(salvaged, bytes(unrepaired), bytes(driver), new RangeSet(), plan)
        : lost;
  }

  /**
   * Finds a sector that was good before in both ways of reading, and is not so after.
   *
   * @param cut the blocks of which the image lacks a part, that no driver can be given
   */
  private @Nullable String lost(
      byte[] before, byte[] alsoBefore, byte[] after, RangeSet cut, Plan plan) {
    Set<Long> known = new HashSet<>();
    for (SectorTruth sector : truth) {
      known.add(sector.sector());
      Grade was = grade(sector, before);
      Grade is = grade(sector, after);
      boolean expected = good(was) && good(grade(sector, alsoBefore));
      if (expected && !good(is) && !cut.contains(sector.sector() * SECTOR)) {
        return "%s was %s, is %s after %s".formatted(sector, was, is, plan.actions());
      }
    }
    long sectors = Math.min(before.length, after.length) / SECTOR;
    boolean same = Arrays.equals(before, alsoBefore);
    for (long sector = 0; same && sector < sectors; sector++) {
      int at = (int) sector * SECTOR;
      if (!known.contains(sector)
          && !Arrays.equals(before, at, at + SECTOR, after, at, at + SECTOR)) {
        return "sector %d, never written, differs after %s".formatted(sector, plan.actions());
      }
    }
    return null;
  }

  private Grade grade(SectorTruth truth, byte[] device) {
    int at = (int) truth.sector() * SECTOR;
    if (at + SECTOR > device.length) {
      return Grade.CORRUPT;
    }
    Stamp stamp = set.info().pattern().read(device, at);
    if (whole.format().equals("insitu") && zero(device, at)) {
      stamp = Stamp.of(truth.sector(), 0, 0);
    }
    return Judge.grade(truth, stamp);
  }

  private static boolean zero(byte[] device, int at) {
    for (int i = at; i < at + SECTOR; i++) {
      if (device[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean good(Grade grade) {
    return grade == Grade.LATEST || grade == Grade.ALLOWED;
  }

  private static Recovery replay(OpenRequest images, Policy policy) {
    return Replayers.replay(ReplayRequest.of(images, policy, Progress.NONE));
  }

  private static byte[] bytes(Recovery recovery) {
    return Devices.bytes(recovery.logical().orElseThrow());
  }

  @Override
  public String toString() {
    return set.name();
  }
}
