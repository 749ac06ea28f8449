package org.dmsalvage.inspect.volume.lvm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A section of LVM2's configuration text.
 *
 * @param values by name: {@link String}, {@link Long}, or a {@link List} of these
 * @param sections by name, in the order of the text
 */
record Section(Map<String, Object> values, Map<String, Section> sections) {

  Section() {
    this(new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  /** {@return a number; empty if it is absent, negative or no number} */
  Optional<Long> number(String name) {
    return values.get(name) instanceof Long n && n >= 0 ? Optional.of(n) : Optional.empty();
  }

  /** {@return a text; empty if it is absent or no text} */
  Optional<String> text(String name) {
    return values.get(name) instanceof String s ? Optional.of(s) : Optional.empty();
  }

  /** {@return a list; empty if it is absent or no list} */
  List<?> list(String name) {
    return values.get(name) instanceof List<?> list ? list : List.of();
  }

  /** {@return a section; an empty one if it is absent} */
  Section section(String name) {
    return sections.getOrDefault(name, new Section());
  }
}
