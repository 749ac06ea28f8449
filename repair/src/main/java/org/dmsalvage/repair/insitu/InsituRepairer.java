package org.dmsalvage.repair.insitu;

import java.util.List;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.InsituCode;
import org.dmsalvage.inspect.format.insitu.InsituFormat;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.Repairer;
import org.dmsalvage.repair.plan.Wishes;

/** Repairs of insitu: the superblock first, since it says where the blocks are; then the bitmap. */
public final class InsituRepairer implements Repairer {

  /** Whether to describe all payloads, even if bytes that no bits can describe are given up. */
  static final String PAYLOADS = "payloads";

  /** Whether to make a superblock of another size that of the device as it is now. */
  static final String SIZE = "size";

  @Override
  public String family() {
    return InsituFormat.NAME;
  }

  @Override
  public List<FindingCode> answers() {
    return List.of(
        InsituCode.SUPERBLOCK_UNREADABLE,
        InsituCode.MAGIC,
        InsituCode.VERSION,
        InsituCode.GEOMETRY,
        InsituCode.ALGORITHM,
        InsituCode.ALGORITHM_MISMATCH,
        InsituCode.BITMAP_UNREADABLE,
        InsituCode.INTERRUPTED_CREATION,
        InsituCode.TAIL_WITHOUT_HEAD,
        InsituCode.TOO_LONG,
        InsituCode.ENDLESS,
        InsituCode.CROSSES,
        InsituCode.NIBBLE,
        InsituCode.PAYLOAD_SUM,
        InsituCode.PAYLOAD_SPREAD,
        InsituCode.EMPTY_EXTENT,
        InsituCode.STALE,
        InsituCode.STORED_COMPRESSED,
        InsituCode.UNDESCRIBED_PAYLOAD);
  }

  @Override
  public List<String> preferences() {
    return List.of(PAYLOADS, SIZE);
  }

  @Override
  public List<Action> next(
      OpenRequest images, Findings findings, Wishes wishes, Progress progress) {
    InsituImage image = (InsituImage) new InsituFormat().open(images);
    ActionList actions = new ActionList(images, wishes);
    boolean possible = new SuperblockRepair(image, wishes, actions, progress).plan();
    if (possible && actions.isEmpty()) {
      boolean neverCleared =
          findings.kept().stream().anyMatch(f -> f.code() == InsituCode.INTERRUPTED_CREATION);
      new BitmapRepair(image, wishes, neverCleared, actions, progress).plan();
    }
    return actions.list();
  }
}
