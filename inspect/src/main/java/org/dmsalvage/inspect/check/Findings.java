package org.dmsalvage.inspect.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Collects the findings of one examination in bounded memory.
 *
 * <p>A damaged table can yield millions of findings of one code: the first {@value #KEPT_PER_CODE}
 * of each are kept, all are counted. Safe for use by several threads; the order of findings is that
 * of the calls, so whoever examines in parallel reports in order.
 */
public final class Findings {

  /** How many findings of one code are kept in full. */
  public static final int KEPT_PER_CODE = 1000;

  private final List<Finding> kept = new ArrayList<>();
  private final Map<FindingCode, Long> counts = new LinkedHashMap<>();
  private Optional<Severity> worst = Optional.empty();

  /** Adds a finding. */
  public synchronized void add(Finding finding) {
    if (counts.merge(finding.code(), 1L, Long::sum) <= KEPT_PER_CODE) {
      kept.add(finding);
    }
    if (worst.isEmpty() || worst.get().compareTo(finding.severity()) < 0) {
      worst = Optional.of(finding.severity());
    }
  }

  /** Adds a finding with the usual severity of its code. */
  public void add(FindingCode code, String image, long offset, long length, String message) {
    add(new Finding(code, image, new ByteRange(offset, length), message));
  }

  /** Adds a finding whose message is only made if the finding is kept. */
  public synchronized void add(
      FindingCode code, String image, long offset, long length, Supplier<String> message) {
    boolean keep = counts.getOrDefault(code, 0L) < KEPT_PER_CODE;
    add(code, image, offset, length, keep ? message.get() : "");
  }

  /** Adds one finding for each range that could not be read. */
  public void addUnreadable(String image, List<ByteRange> ranges) {
    for (ByteRange range : ranges) {
      add(
          new Finding(
              CommonCode.UNREADABLE, image, range, "cannot read " + range.length() + " bytes"));
    }
  }

  /** {@return the findings kept, in the order in which they were added} */
  public synchronized List<Finding> kept() {
    return List.copyOf(kept);
  }

  /** {@return how many findings of a code were added} */
  public synchronized long count(FindingCode code) {
    return counts.getOrDefault(code, 0L);
  }

  /** {@return for each code with more findings than are kept, how many were left out} */
  public synchronized Map<FindingCode, Long> omitted() {
    Map<FindingCode, Long> omitted = new LinkedHashMap<>();
    counts.forEach(
        (code, count) -> {
          if (count > KEPT_PER_CODE) {
            omitted.put(code, count - KEPT_PER_CODE);
          }
        });
    return omitted;
  }

  /** {@return the worst severity seen; empty if there was no finding} */
  public synchronized Optional<Severity> worst() {
    return worst;
  }
}
