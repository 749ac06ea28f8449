package org.dmsalvage.inspect.check;

/** Findings about what stands around a cache: partition tables and LVM2 metadata. */
public enum VolumeCode implements FindingCode {
  /** The first GPT is missing or damaged. */
  GPT_PRIMARY(
      "VO-GPT-PRIMARY",
      Severity.WARNING,
      "The partition table at the start of the disk cannot be used; its backup at the end can.",
      "Use the partitions as they are listed; sgdisk or gdisk can write the table again."),
  /** The backup GPT is missing. */
  GPT_BACKUP(
      "VO-GPT-BACKUP",
      Severity.NOTE,
      "There is no backup of the partition table at the end: the image was cut off, or lies on a"
          + " larger disk now.",
      "Compare the size of the image with that of the disk."),
  /** A checksum of a GPT is wrong. */
  GPT_CHECKSUM(
      "VO-GPT-CHECKSUM",
      Severity.WARNING,
      "One of the two partition tables was changed without its checksum, or rotted.",
      "Use the other one; sgdisk --verify tells more."),
  /** A partition is longer than the image. */
  PARTITION_BEYOND(
      "VO-PARTITION-BEYOND",
      Severity.WARNING,
      "The partition ends behind the end of the image; what is missing cannot be read.",
      "Make sure that the whole disk was imaged."),
  /** An LVM2 label or physical volume header is damaged. */
  LVM_LABEL(
      "VO-LVM-LABEL",
      Severity.WARNING,
      "The label of an LVM2 physical volume was changed without its checksum, or rotted.",
      "It is used all the same if its volume group knows it; pvck --repair writes it again."),
  /** The header of an LVM2 metadata area is damaged. */
  LVM_AREA(
      "VO-LVM-AREA",
      Severity.WARNING,
      "The header of a metadata area does not say which of the texts in it counts.",
      "The newest text that can be read there is used; vgcfgrestore writes one again."),
  /** A metadata text is damaged. */
  LVM_TEXT(
      "VO-LVM-TEXT",
      Severity.WARNING,
      "The current metadata text of a physical volume is damaged.",
      "The newest text that can be read on any physical volume is used."),
  /** Physical volumes do not agree. */
  LVM_STALE(
      "VO-LVM-STALE",
      Severity.NOTE,
      "A physical volume has older metadata than another one of its volume group.",
      "The text with the highest sequence number is used."),
  /** A physical volume is not among the images. */
  LVM_MISSING(
      "VO-LVM-MISSING",
      Severity.WARNING,
      "A physical volume of the volume group is not among the images; what lies on it cannot be"
          + " read.",
      "Name the images of all physical volumes."),
  /** A logical volume cannot be put together. */
  LVM_VOLUME(
      "VO-LVM-VOLUME",
      Severity.WARNING,
      "The metadata of a logical volume makes no sense.",
      "Look for an older version of the metadata, as vgcfgrestore --list shows them.");

  private final About about;

  VolumeCode(String id, Severity severity, String meaning, String remedy) {
    about = new About(id, severity, meaning, remedy);
  }

  @Override
  public About about() {
    return about;
  }
}
