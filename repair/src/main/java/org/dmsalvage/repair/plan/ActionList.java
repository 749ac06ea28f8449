package org.dmsalvage.repair.plan;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/** Gathers the actions that are wanted and change something. */
public final class ActionList {

  private final OpenRequest images;
  private final Wishes wishes;
  private final List<Action> actions = new ArrayList<>();

  /**
   * Starts an empty list.
   *
   * @param images as they are now
   * @param wishes which findings are to be answered
   */
  public ActionList(OpenRequest images, Wishes wishes) {
    this.images = images;
    this.wishes = wishes;
  }

  /**
   * Why something is done.
   *
   * @param code the finding that it answers
   * @param reason why
   * @param risk what could be wrong about it; "none" and why, if nothing can
   * @param lost what can no longer be had from the image; empty if nothing
   */
  public record Why(FindingCode code, String reason, String risk, String lost) {}

  /**
   * Adds an action if it is wanted and changes something.
   *
   * @param role which image
   * @param offset first byte there
   * @param after what the bytes shall be
   * @param why the reason
   */
  public void add(Role role, long offset, byte[] after, Why why) {
    if (!wishes.wants(why.code)) {
      return;
    }
    BlockSource image = role == Role.PLOG ? Objects.requireNonNull(images.plog()) : images.cache();
    byte[] before = new byte[after.length];
    boolean known = image.readAround(offset, ByteBuffer.wrap(before)).isEmpty();
    if (!known || !Arrays.equals(before, after)) {
      actions.add(
          new Action(why.code, role, offset, before, after, why.reason, why.risk, why.lost));
    }
  }

  /** {@return whether a finding is to be answered} */
  public boolean wants(FindingCode code) {
    return wishes.wants(code);
  }

  /** {@return whether nothing was added} */
  public boolean isEmpty() {
    return actions.isEmpty();
  }

  /** {@return what was added, in that order} */
  public List<Action> list() {
    return List.copyOf(actions);
  }
}
