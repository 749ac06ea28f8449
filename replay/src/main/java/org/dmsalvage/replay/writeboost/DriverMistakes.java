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
  private final BlockVersions ours;
  private final BlockVersions theirs;
  private final boolean laps;

  /**
   * Compares two plans for the same slots.
   *
   * @param salvage what salvage applies
   * @param ours the copies that it chooses from
   * @param driver what the driver applies
   * @param theirs the copies that it chooses from; its segments may have other numbers
   */
  DriverMistakes(SalvagePlan salvage, BlockVersions ours, DriverPlan driver, BlockVersions theirs) {
    this.salvage = salvage;
    this.driver = driver;
    this.ours = ours;
    this.theirs = theirs;
    this.laps = ours.segments().table().convention() == Convention.LAPS;
  }

  @Override
  public Cause of(Shown here, Shown there) {
    if (there.copy() == LogView.BELOW) {
      return new Cause(Kind.DROPPED, hidden(here, there));
    }
    if (there.place() == OverlayDevice.Place.ZEROS) {
      return new Cause(Kind.SPOILT, Rule.P11);
    }
    Kind stale = here.copy() == LogView.BELOW ? Kind.RESURRECTED : Kind.OLDER;
    int shown = theirs.segmentOf(there.copy());
    if (theirs.segments().fromPlog(shown)) {
      return new Cause(stale, plog(here, theirs.segments().id(shown)));
    }
    int slot = theirs.segments().slot(shown);
    if (theirs.segments().id(shown) != ours.segments().table().id(slot)) {
      // Salvage has found out which segment this is; the driver believes the wrong id.
      return misplaced(stale);
    }
    return switch (salvage.verdict(slot)) {
      case APPLY, EMPTY, REPLACED_BY_PLOG ->
          new Cause(stale, here.copy() == LogView.BELOW ? Rule.V2 : hidden(here, there));
      case STALE -> new Cause(stale, laps ? Rule.F14 : Rule.W17);
      case AHEAD -> new Cause(stale, Rule.W19);
      case OTHER_LIFE -> new Cause(stale, laps ? Rule.F16 : Rule.W18);
      case DROPPED_BY_DRIVER -> new Cause(stale, Rule.F17);
      // What was migrated and overwritten since is in the log; else the backing has the same.
      case WRITTEN_BACK ->
          stale == Kind.OLDER ? new Cause(stale, Rule.F9) : new Cause(Kind.SPOILT, Rule.F13);
      case MISPLACED -> misplaced(stale);
      case ZEROS -> new Cause(Kind.SPOILT, Rule.F15);
      case REUSED -> new Cause(Kind.SPOILT, Rule.W14);
      case BROKEN, TORN_NEWEST, PARTLY_READABLE, UNREADABLE ->
          new Cause(Kind.SPOILT, laps ? Rule.F12 : Rule.W22);
    };
  }

  /** The driver of 2013 looks for data where the id says; later ones where the header stands. */
  private Cause misplaced(Kind stale) {
    return laps ? new Cause(Kind.SPOILT, Rule.F6) : new Cause(stale, Rule.W4);
  }

  /** The driver's number of a segment that salvage applies; negative if it is none to it. */
  private int asTheirs(int segment) {
    LogSegments segments = ours.segments();
    return segments.fromPlog(segment) ? -1 : theirs.segments().inSlot(segments.slot(segment));
  }

  private boolean applied(int segment) {
    int number = asTheirs(segment);
    return number >= 0 && driver.applies(number);
  }

  /** Why the driver does not show a copy in a segment that salvage applies. */
  private Rule hidden(Shown here, Shown there) {
    int segment = ours.segmentOf(here.copy());
    if (!applied(segment)) {
      return notApplied(segment);
    }
    if (driver.markedClean().test(asTheirs(segment))) {
      return Rule.V1;
    }
    boolean replaced = there.copy() == LogView.BELOW || theirs.dirtyBits(there.copy()) == 0;
    return replaced ? Rule.V2 : laps ? Rule.F14 : Rule.W19;
  }

  /** Why a copy that the driver took from a plog of some id shows. */
  private Rule plog(Shown here, long id) {
    if (!salvage.life().contains(id) || here.copy() == LogView.BELOW) {
      return Rule.P6;
    }
    int segment = ours.segmentOf(here.copy());
    if (ours.segments().id(segment) == id) {
      return Rule.P8;
    }
    return applied(segment) ? Rule.P6 : notApplied(segment);
  }

  private Rule notApplied(int segment) {
    LogSegments segments = ours.segments();
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
