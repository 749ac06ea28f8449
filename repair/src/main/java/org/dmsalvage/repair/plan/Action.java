package org.dmsalvage.repair.plan;

import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * One change of some bytes that follow each other.
 *
 * @param code the finding that it answers
 * @param role which image is changed: the cache or the persistent log
 * @param offset first byte there
 * @param before what the bytes are; zeros where they cannot be read
 * @param after what they become, as many
 * @param reason why, in one sentence
 * @param risk what could be wrong about it, in one sentence; one that begins with "none" says why
 *     nothing can be
 * @param lost what can no longer be had from the image, in one sentence; empty if nothing
 */
@SuppressWarnings("ArrayRecordComponent")
public record Action(
    FindingCode code,
    Role role,
    long offset,
    byte[] before,
    byte[] after,
    String reason,
    String risk,
    String lost) {

  /** Makes an action; nobody agrees to a change of which no risk is stated. */
  public Action {
    if (risk.isEmpty()) {
      throw new IllegalArgumentException(code.id() + " at " + offset + ": no word about its risk");
    }
  }

  /** {@return whether something could be wrong about it} */
  public boolean risky() {
    return !risk.startsWith("none");
  }

  /** {@return the number of bytes that change} */
  public int length() {
    return after.length;
  }

  /** {@return the first byte behind it} */
  public long end() {
    return offset + after.length;
  }
}
