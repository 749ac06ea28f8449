package org.dmsalvage.repair.writecache;

import java.util.List;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.format.writecache.WritecacheFormat;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.WritecacheTable;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.Repairer;
import org.dmsalvage.repair.plan.Wishes;

/**
 * Repairs of writecache. The superblock comes first, since it says where the table ends and which
 * entries count; then single entries; then those that name the same sector.
 */
public final class WritecacheRepairer implements Repairer {

  /** Whether entries count of which the superblock does not say it: those of the last commit. */
  static final String COMMITTED = "committed";

  /** The opposite of {@link #COMMITTED}. */
  static final String UNCOMMITTED = "uncommitted";

  /** Of several entries of one sector and sequence, the first in the table. */
  static final String EARLIER = "earlier";

  /** Of several entries of one sector and sequence, the last in the table. */
  static final String LATER = "later";

  /** Of several entries of one sector and sequence, the one of this index. */
  static final String ENTRY = "entry=";

  @Override
  public String family() {
    return WritecacheFormat.NAME;
  }

  @Override
  public List<FindingCode> answers() {
    return List.of(
        WritecacheCode.SUPERBLOCK_UNREADABLE,
        WritecacheCode.MAGIC,
        WritecacheCode.VERSION,
        WritecacheCode.WOULD_FORMAT,
        WritecacheCode.INTERRUPTED_INIT,
        WritecacheCode.BLOCK_SIZE,
        WritecacheCode.BLOCK_COUNT,
        WritecacheCode.BEYOND_DEVICE,
        WritecacheCode.SEQUENCE_ABSURD,
        WritecacheCode.SEQUENCE_BEHIND,
        WritecacheCode.SEQUENCE_AHEAD,
        WritecacheCode.RESERVED,
        WritecacheCode.ENTRIES_ZEROED,
        WritecacheCode.ENTRIES_UNREADABLE,
        WritecacheCode.ADDRESS_ABSURD,
        WritecacheCode.UNALIGNED,
        WritecacheCode.BEYOND_BACKING,
        WritecacheCode.UNCOMMITTED,
        WritecacheCode.TWINS);
  }

  @Override
  public List<String> preferences() {
    return List.of(COMMITTED, UNCOMMITTED, EARLIER, LATER, ENTRY);
  }

  /**
   * Nothing on the medium says where a cache begins; if not at the start, it has to be searched.
   */
  @Override
  public OpenRequest completed(OpenRequest images, Findings found) {
    return WritecacheFormat.searchedTable(images)
        .map(
            table -> {
              long start = WritecacheTable.parse(table).startSector();
              found.add(
                  WritecacheCode.START_FOUND,
                  images.cache().name(),
                  start * BlockSource.SECTOR_BYTES,
                  Superblock.BYTES,
                  "the cache begins here: its table line needs start_sector " + start);
              return images.withTable(table);
            })
        .orElse(images);
  }

  @Override
  public List<Action> next(
      OpenRequest images, Findings findings, Wishes wishes, Progress progress) {
    WritecacheImage image = (WritecacheImage) new WritecacheFormat().open(images);
    ActionList actions = new ActionList(images, wishes);
    new SuperblockRepair(image, wishes, actions, progress).plan();
    if (actions.isEmpty()) {
      new EntryRepair(image, images, actions, progress).plan();
    }
    if (actions.isEmpty()) {
      new TwinRepair(image, images, wishes, actions, progress).plan();
    }
    return actions.list();
  }
}
