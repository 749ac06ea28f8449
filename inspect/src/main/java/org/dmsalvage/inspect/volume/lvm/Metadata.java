package org.dmsalvage.inspect.volume.lvm;

import java.util.Optional;

/**
 * A metadata text: all of a volume group at one moment.
 *
 * @param group name of the volume group
 * @param id of the volume group, with its hyphens
 * @param sequence number of the text; each change adds one
 * @param created seconds since 1970 at which the text was written; 0 if it does not say
 * @param description the command that wrote it; empty if it does not say
 * @param contents of the volume group
 */
record Metadata(
    String group, String id, long sequence, long created, String description, Section contents) {

  /** {@return what a text says; empty if it is damaged or describes no volume group} */
  static Optional<Metadata> parse(CharSequence text) {
    return ConfigText.parse(text).flatMap(Metadata::of);
  }

  private static Optional<Metadata> of(Section root) {
    if (root.sections().size() != 1) {
      return Optional.empty();
    }
    String name = root.sections().keySet().iterator().next();
    Section group = root.section(name);
    if (group.text("id").isEmpty() || group.number("seqno").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Metadata(
            name,
            group.text("id").get(),
            group.number("seqno").get(),
            root.number("creation_time").orElse(0L),
            root.text("description").orElse(""),
            group));
  }
}
