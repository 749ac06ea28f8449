package org.dmsalvage.repair.writeboost;

import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.PlogCorrections;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrections;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.io.ByteChange;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/** Writes back what checksums and laps prove of damaged segments and plogs (rules W4, W15, P3). */
final class CorrectionRepair {

  private static final String RISK = "as likely wrong as the reason says";

  private CorrectionRepair() {}

  static void ofSegments(SegmentCorrections corrections, ActionList actions) {
    for (SegmentCorrection correction : corrections.corrections()) {
      Why why =
          new Why(
              correction.code(),
              "segment %s: %s"
                  .formatted(Long.toUnsignedString(correction.id()), correction.describe()),
              RISK,
              "");
      add(Role.CACHE, correction.changes(), why, actions);
    }
  }

  static void ofPlogs(PlogCorrections corrections, ActionList actions) {
    for (PlogCorrections.Correction correction : corrections.corrections()) {
      Why why = new Why(WriteboostCode.PLOG_CORRECTED, correction.describe(), RISK, "");
      add(Role.PLOG, correction.changes(), why, actions);
    }
  }

  /** One action for each run of bytes. */
  private static void add(Role role, List<ByteChange> changes, Why why, ActionList actions) {
    byte[] run = new byte[changes.size()];
    int length = 0;
    for (int i = 0; i < changes.size(); i++) {
      ByteChange change = changes.get(i);
      run[length] = (byte) change.right();
      length++;
      boolean last = i + 1 == changes.size();
      if (last || changes.get(i + 1).offset() != change.offset() + 1) {
        actions.add(role, change.offset() + 1 - length, Arrays.copyOf(run, length), why);
        length = 0;
      }
    }
  }
}
