package org.dmsalvage.replay.writeboost;

import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.DriverWalk;
import org.dmsalvage.inspect.format.writeboost.Role;
import org.dmsalvage.replay.recovery.Difference.Kind;
import org.dmsalvage.replay.writeboost.OverlayDevice.Shown;
import org.dmsalvage.replay.writeboost.PolicyDifferences.Cause;

/**
 * Why the driver shows another copy than salvage, by what both made of the segments that the two
 * copies are in.
 */
final class DriverMistakes implements PolicyDifferences.Causes {

  private final SalvagePlan salvage;
  private final DriverPlan driver;
  private final BlockVersions versions;
  private final LogSegments segments;
  private final boolean laps;

  /**
   * Compares two plans for the same segments.
   *
   * @param salvage what salvage applies
   * @param driver what the driver applies
   * @param versions the copies that both choose from
   */
  DriverMistakes(SalvagePlan salvage, DriverPlan driver, BlockVersions versions) {
    this.salvage = salvage;
    this.driver = driver;
    this.versions = versions;
    this.segments = versions.segments();
    this.laps = segments.table().convention() == Convention.LAPS;
  }

  @Override
  public Cause of(Shown ours, Shown theirs) {
    if (theirs.copy() == LogView.BELOW) {
      return new Cause(Kind.DROPPED, hidden(ours, theirs));
    }
    int shown = versions.segmentOf(theirs.copy());
    if (theirs.place() == OverlayDevice.Place.ZEROS) {
      return new Cause(Kind.SPOILT, Rule.P11);
    }
    Kind stale = ours.copy() == LogView.BELOW ? Kind.RESURRECTED : Kind.OLDER;
    if (segments.fromPlog(shown)) {
      return new Cause(stale, plog(ours, shown));
    }
    return switch (salvage.verdict(segments.slot(shown))) {
      case APPLY, EMPTY, REPLACED_BY_PLOG ->
          new Cause(stale, ours.copy() == LogView.BELOW ? Rule.V2 : hidden(ours, theirs));
      case STALE -> new Cause(stale, laps ? Rule.F14 : Rule.W17);
      case AHEAD -> new Cause(stale, Rule.W19);
      case OTHER_LIFE -> new Cause(stale, laps ? Rule.F16 : Rule.W18);
      case DROPPED_BY_DRIVER -> new Cause(stale, Rule.F17);
      // What was migrated and overwritten since is in the log; else the backing has the same.
      case WRITTEN_BACK ->
          stale == Kind.OLDER ? new Cause(stale, Rule.F9) : new Cause(Kind.SPOILT, Rule.F13);
      case MISPLACED -> laps ? new Cause(Kind.SPOILT, Rule.F6) : new Cause(stale, Rule.W4);
      case ZEROS -> new Cause(Kind.SPOILT, Rule.F15);
      case REUSED -> new Cause(Kind.SPOILT, Rule.W14);
      case BROKEN, TORN_NEWEST, UNREADABLE, PARTLY_READABLE ->
          new Cause(Kind.SPOILT, laps ? Rule.F12 : Rule.W22);
    };
  }

  /** Why the driver does not show a copy in a segment that salvage applies. */
  private Rule hidden(Shown ours, Shown theirs) {
    int segment = versions.segmentOf(ours.copy());
    if (!driver.applies(segment)) {
      return notApplied(segment);
    }
    if (driver.markedClean().test(segment)) {
      return Rule.V1;
    }
    boolean replaced = theirs.copy() == LogView.BELOW || versions.dirtyBits(theirs.copy()) == 0;
    return replaced ? Rule.V2 : laps ? Rule.F14 : Rule.W19;
  }

  /** Why a copy that the driver took from a plog shows. */
  private Rule plog(Shown ours, int shown) {
    if (!salvage.life().contains(segments.id(shown)) || ours.copy() == LogView.BELOW) {
      return Rule.P6;
    }
    int segment = versions.segmentOf(ours.copy());
    if (segments.id(segment) == segments.id(shown)) {
      return Rule.P8;
    }
    return driver.applies(segment) ? Rule.P6 : notApplied(segment);
  }

  private Rule notApplied(int segment) {
    if (segments.fromPlog(segment) && !driver.rebuilds(segments.id(segment))) {
      return Rule.P5;
    }
    if (!driver.walk().visits(segments.slot(segment))) {
      return stop();
    }
    if (laps) {
      return Long.compareUnsigned(segments.id(segment), driver.record()) <= 0 ? Rule.F19 : Rule.F6;
    }
    return segments.fromPlog(segment) ? Rule.P9 : Rule.P6;
  }

  /** Why the driver's walk ends. */
  private Rule stop() {
    DriverWalk walk = driver.walk();
    if (laps) {
      return walk.stop() == DriverWalk.Stop.NOT_RISING ? Rule.F14 : Rule.F6;
    }
    int slot = walk.stopSlot();
    if (slot == salvage.analysis().slotReuseTear()) {
      return Rule.W14;
    }
    return salvage.analysis().role(slot) == Role.AHEAD ? Rule.W19 : Rule.W15;
  }
}
