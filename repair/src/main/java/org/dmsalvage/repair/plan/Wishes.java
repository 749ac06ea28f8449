package org.dmsalvage.repair.plan;

import java.util.List;
import java.util.function.Predicate;
import org.dmsalvage.inspect.check.FindingCode;

/**
 * What the user wants of a repair.
 *
 * @param wanted which findings are to be answered
 * @param preferred choices where nothing on the medium decides, of those that {@link
 *     Repairer#preferences()} names
 */
public record Wishes(Predicate<FindingCode> wanted, List<String> preferred) {

  /** Keeps a copy of the choices. */
  public Wishes {
    preferred = List.copyOf(preferred);
  }

  /** {@return whether a finding is to be answered} */
  public boolean wants(FindingCode code) {
    return wanted.test(code);
  }

  /** {@return whether a choice was made} */
  public boolean prefers(String choice) {
    return preferred.contains(choice);
  }
}
