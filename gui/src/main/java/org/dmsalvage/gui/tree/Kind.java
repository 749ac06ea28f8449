package org.dmsalvage.gui.tree;

/** What sort of thing bytes are; each has a colour and a pattern of its own wherever it shows. */
public enum Kind {
  /** Says what the device is; written once. */
  SUPERBLOCK(
      "superblock",
      "Says what the device is. If it is lost, a driver refuses the cache or formats it."),
  /** Opens a segment or a write of the log. */
  HEADER("header", "Opens a segment of the log: its id says how new it is."),
  /** Says which block of the disk a cached block belongs to. */
  MAPPING(
      "mapping", "Says which block of the disk a cached block belongs to, and what of it counts."),
  /** Bytes of the user. */
  DATA("data", "Bytes of the user."),
  /** Belongs to a structure and means nothing. */
  PADDING(
      "padding", "Belongs to a structure and means nothing; a checksum can cover it all the same."),
  /** Belongs to no structure. */
  UNUSED("unused", "Belongs to no structure: no driver reads it.");

  private final String label;
  private final String meaning;

  Kind(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /** {@return what such bytes are for, in a sentence} */
  public String meaning() {
    return meaning;
  }

  /** {@return the word of legends} */
  public String label() {
    return label;
  }
}
