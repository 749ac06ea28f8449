package org.dmsalvage.gui.compare;

/**
 * A part of both images, such as all segments.
 *
 * @param name what it is called
 * @param structures how many structures it has in both images
 * @param different how many of them differ
 * @param more how many more the first image has, or, if negative, the second one
 */
public record Part(String name, long structures, long different, long more) {

  /** {@return the part in a few words} */
  public String sentence() {
    String same =
        different == 0
            ? structures == 1 ? "the same" : "all %d the same".formatted(structures)
            : structures == 1 ? "differs" : "%d of %d differ".formatted(different, structures);
    String rest =
        more == 0
            ? ""
            : ", %d only in the %s image".formatted(Math.abs(more), more > 0 ? "first" : "second");
    return name + ": " + same + rest;
  }
}
