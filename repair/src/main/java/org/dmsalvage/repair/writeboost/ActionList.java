package org.dmsalvage.repair.writeboost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/** Gathers the actions that are wanted and change something. */
final class ActionList {

  private final OpenRequest images;
  private final Predicate<FindingCode> wanted;
  private final List<Action> actions = new ArrayList<>();

  ActionList(OpenRequest images, Predicate<FindingCode> wanted) {
    this.images = images;
    this.wanted = wanted;
  }

  /**
   * Why something is done.
   *
   * @param code the finding that it answers
   * @param reason why
   * @param risk what could be wrong about it; empty if nothing is known
   * @param lost what can no longer be had from the image; empty if nothing
   */
  record Why(FindingCode code, String reason, String risk, String lost) {}

  /** Adds an action if it is wanted and changes something. */
  void add(Role role, long offset, byte[] after, Why why) {
    if (!wanted.test(why.code)) {
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

  boolean wants(FindingCode code) {
    return wanted.test(code);
  }

  boolean isEmpty() {
    return actions.isEmpty();
  }

  List<Action> list() {
    return actions;
  }
}
