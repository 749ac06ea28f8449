package org.dmsalvage.gui.tree;

/** What sort of thing bytes are; each has a colour and a pattern of its own wherever it shows. */
public enum Kind {
  /** Says what the device is; written once. */
  SUPERBLOCK("superblock"),
  /** Opens a segment or a write of the log. */
  HEADER("header"),
  /** Says which block of the disk a cached block belongs to. */
  MAPPING("mapping"),
  /** Bytes of the user. */
  DATA("data"),
  /** Belongs to a structure and means nothing. */
  PADDING("padding"),
  /** Belongs to no structure. */
  UNUSED("unused");

  private final String label;

  Kind(String label) {
    this.label = label;
  }

  /** {@return the word of legends} */
  public String label() {
    return label;
  }
}
