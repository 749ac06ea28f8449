package org.dmsalvage.inspect.format.writeboost;

/**
 * A run of the log from one start to its end.
 *
 * <p>Usually there is one. When a driver drops the log and begins again at a lower id, the cache
 * holds two: the younger one below or among the slots of the older.
 *
 * @param firstId smallest id that can belong to it, unsigned, 1 or more
 * @param newestId greatest id of it, unsigned; 0 if the log is empty
 */
public record Life(long firstId, long newestId) {

  /** A log in which nothing was written. */
  public static final Life NONE = new Life(1, 0);

  /** {@return whether an id lies between the first and the newest} */
  public boolean contains(long id) {
    return Long.compareUnsigned(id, firstId) >= 0 && Long.compareUnsigned(id, newestId) <= 0;
  }

  /** {@return how many ids there are from the first to the newest} */
  public long ids() {
    return newestId == 0 ? 0 : newestId - firstId + 1;
  }

  @Override
  public String toString() {
    if (newestId == 0) {
      return "none";
    }
    String newest = Long.toUnsignedString(newestId);
    return firstId == newestId ? newest : Long.toUnsignedString(firstId) + "…" + newest;
  }
}
