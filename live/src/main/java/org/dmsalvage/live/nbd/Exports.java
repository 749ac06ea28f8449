package org.dmsalvage.live.nbd;

import java.util.List;
import java.util.Optional;

/** What a server serves at the moment. Safe for use by several threads. */
@FunctionalInterface
public interface Exports {

  /** {@return all exports; the first is the one that the empty name stands for} */
  List<Export> all();

  /**
   * Finds an export.
   *
   * @param name what the client asks for; the first one's if empty
   */
  default Optional<Export> find(String name) {
    List<Export> all = all();
    return all.stream()
        .filter(e -> e.name().equals(name))
        .findFirst()
        .or(() -> name.isEmpty() ? all.stream().findFirst() : Optional.empty());
  }
}
