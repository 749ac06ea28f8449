package org.dmsalvage.inspect.format.writeboost;

/**
 * Which id a slot must hold, by its place in the ring and by what the rest of the log says.
 *
 * @param id unsigned; 0 if it cannot be told
 * @param reason what proves it, or why nothing does
 */
record ProvedId(long id, String reason) {

  private static ProvedId unknown(String reason) {
    return new ProvedId(0, reason);
  }

  /**
   * Infers the id of a whole segment with a wrong one.
   *
   * <p>The slot allows one id a lap. The id of the current lap was written last unless that write
   * was lost, and then the one of a lap before stands there. Which of the two it is shows where one
   * of them differs from what was found in a bit or a byte and the other in more; else where the
   * log has gone on so far that the buffer of the current one was reused, which happens after its
   * write.
   *
   * @param log the log
   * @param slot where it stands
   * @param found the id in its header
   */
  static ProvedId of(LogAnalysis log, int slot, long found) {
    WriteboostGeometry geometry = log.table().geometry();
    long newest = log.newestId();
    if (newest == 0) {
      return unknown("no other segment is in its place");
    }
    boolean next = geometry.slotOf(newest + 1) == slot && newest != -1;
    long current = next ? newest + 1 : geometry.expectedId(slot, newest);
    if (current == 0) {
      return unknown("the log has not come to this slot");
    }
    String now = Long.toUnsignedString(current);
    long slots = geometry.segmentCount();
    if (Long.compareUnsigned(current, slots) <= 0) {
      return new ProvedId(
          current, "the log has gone round once at most, so that the slot holds " + now);
    }
    long before = current - slots;
    int nowOff = wrongBytes(found, current);
    int beforeOff = wrongBytes(found, before);
    if (nowOff <= 1 && beforeOff > 1) {
      return new ProvedId(
          current, "of the ids of this slot only %s differs in a single byte".formatted(now));
    }
    String both = "the slot may hold %s or %s".formatted(now, Long.toUnsignedString(before));
    if (next && beforeOff <= 1 && nowOff > 1) {
      return new ProvedId(
          before,
          "of the ids of this slot only %s differs in a single byte"
              .formatted(Long.toUnsignedString(before)));
    }
    if (beforeOff < nowOff) {
      return unknown(both + ", and the older is the likelier one");
    }
    boolean longAgo = !next && Long.compareUnsigned(newest - current, log.rambufPool()) >= 0;
    if (longAgo && log.older().isEmpty()) {
      return new ProvedId(
          current,
          "the log has come to %s since, so that the slot holds %s"
              .formatted(Long.toUnsignedString(newest), now));
    }
    return unknown(both);
  }

  /** In how many bytes two ids differ; 0 if in a single bit. */
  private static int wrongBytes(long one, long other) {
    long difference = one ^ other;
    if (Long.bitCount(difference) == 1) {
      return 0;
    }
    int bytes = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      bytes += ((difference >>> (8 * i)) & 0xff) != 0 ? 1 : 0;
    }
    return bytes;
  }
}
