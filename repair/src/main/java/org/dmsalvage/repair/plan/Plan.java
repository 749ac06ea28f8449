package org.dmsalvage.repair.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * What would be changed, in order.
 *
 * @param format of the cache
 * @param original the images as they are
 * @param actions the changes; empty if there is nothing to do
 * @param findings of the check of the original images
 * @param after findings of the check of the repaired images
 */
public record Plan(
    String format, OpenRequest original, List<Action> actions, Findings findings, Findings after) {

  /** Keeps a copy of the actions. */
  public Plan {
    actions = List.copyOf(actions);
  }

  /** {@return the actions on one image} */
  public List<Action> actions(Role role) {
    return actions.stream().filter(action -> action.role() == role).toList();
  }

  /** {@return the images as they will be; the original ones stay open when these are closed} */
  public OpenRequest repaired() {
    return repaired(original, actions);
  }

  static OpenRequest repaired(OpenRequest original, List<Action> actions) {
    List<Action> cache = actions.stream().filter(a -> a.role() == Role.CACHE).toList();
    List<Action> plog = actions.stream().filter(a -> a.role() == Role.PLOG).toList();
    return new OpenRequest(
        new PatchedSource(original.cache(), cache),
        original.plog() == null ? null : new PatchedSource(original.plog(), plog),
        original.backing(),
        original.format(),
        original.table(),
        original.rambufPool());
  }

  /** {@return the findings that the repaired images still have, without the notes} */
  public List<Finding> remaining() {
    return after.kept().stream().filter(f -> f.severity() != Severity.NOTE).toList();
  }

  /** {@return 32 bytes by which an undo file knows this plan from others} */
  public byte[] purpose() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(("dmsalvage repair " + format).getBytes(StandardCharsets.UTF_8));
      for (Action action : actions) {
        String place = "\n%s %d %d ".formatted(action.role(), action.offset(), action.length());
        digest.update(place.getBytes(StandardCharsets.UTF_8));
        digest.update(action.after());
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
