package org.dmsalvage.replay.compare;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Difference.Kind;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.ReplayReport;

/**
 * How many sectors of the logical device the driver shows otherwise than salvage, and why.
 *
 * @param outcome of the driver's attach
 * @param recovered sectors that salvage takes from the cache
 * @param byKind sectors by what happens to them, all kinds
 * @param byRule sectors by the rule that leads to it, those of no rule left out; in the rules'
 *     order
 */
public record PolicyComparison(
    DriverOutcome outcome, long recovered, Map<Kind, Long> byKind, Map<Rule, Long> byRule) {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Keeps copies. */
  public PolicyComparison {
    byKind = Collections.unmodifiableMap(new EnumMap<>(byKind));
    byRule = byRule.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(byRule));
  }

  /**
   * Counts the differences of a replay under salvage. A device that the driver would not show at
   * all drops everything that comes from the cache.
   *
   * @return empty if what the driver would do could not be worked out
   */
  public static Optional<PolicyComparison> of(ReplayReport report) {
    return report.driver().map(outcome -> of(report, outcome));
  }

  private static PolicyComparison of(ReplayReport report, DriverOutcome outcome) {
    Map<Kind, Long> byKind = new EnumMap<>(Kind.class);
    Map<Rule, Long> byRule = new EnumMap<>(Rule.class);
    for (Kind kind : Kind.values()) {
      byKind.put(kind, 0L);
    }
    if (showsNothing(outcome)) {
      byKind.put(Kind.DROPPED, report.appliedSectors());
      Rule rule = outcome.rule();
      if (rule != null) {
        byRule.put(rule, report.appliedSectors());
      }
    } else {
      report
          .differences()
          .ifPresent(
              differences ->
                  differences.explain(
                      (_, length, difference) -> {
                        long sectors = (length + SECTOR - 1) / SECTOR;
                        byKind.merge(difference.kind(), sectors, Long::sum);
                        if (difference.rule() != null) {
                          byRule.merge(difference.rule(), sectors, Long::sum);
                        }
                      }));
    }
    return new PolicyComparison(outcome, report.appliedSectors(), byKind, byRule);
  }

  private static boolean showsNothing(DriverOutcome outcome) {
    return switch (outcome.outcome()) {
      case ACCEPT, FORMAT -> false;
      case REFUSE, CRASH, HANG -> true;
    };
  }

  /** {@return whether the driver gives no device, so that there are no single ranges to tell} */
  public boolean showsNothing() {
    return showsNothing(outcome);
  }

  /** {@return sectors that differ} */
  public long sectors() {
    return byKind.values().stream().mapToLong(Long::longValue).sum();
  }
}
