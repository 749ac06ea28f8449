package org.dmsalvage.gui.map;

/** How a state is drawn; the later, the more it matters where several share a square. */
public enum Look {
  /** Never used: an outline. */
  EMPTY,
  /** Whole, and written back or superseded: a light square. */
  SPENT,
  /** Whole and current: a full square, the darker the newer. */
  GOOD,
  /** Not proved: a square with a line. */
  UNPROVED,
  /** Not part of what counts: hatched. */
  STALE,
  /** Where nothing should be: a dot. */
  ODD,
  /** Cannot be read: two lines. */
  UNREADABLE,
  /** Damaged: a cross. */
  DAMAGED
}
