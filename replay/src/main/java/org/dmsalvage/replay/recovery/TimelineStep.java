package org.dmsalvage.replay.recovery;

/**
 * One step of a log: a segment, or the blocks of one commit.
 *
 * @param id the point in time right after it, unsigned: the id of the segment, or the sequence
 *     count that the commit gave to the superblock, one more than that of its entries
 * @param state in the format's words: sealed, torn, plog, committed, uncommitted, …
 * @param applied whether salvage applies it
 * @param blocks cache blocks that it writes: those with a dirty sector
 * @param dirtySectors sectors that it writes, as they are counted in its blocks
 * @param firstSector first sector of the logical device that it writes; -1 if there is none
 * @param lastSector last sector that it writes; -1 if there is none
 * @param changedSectors how many different sectors of the logical device get new contents by it:
 *     each sector that it writes once, however often, and none beyond the end of the device;
 *     whether the bytes differ from those before is not looked at. A block that was staged for
 *     reading changes nothing. 0 if the step is not applied
 * @param shownSectors how many of them no later step has changed again
 * @param missingBefore how many steps right before this one should be there and are not
 * @param image name of the image that holds it; of a commit, whose blocks are scattered, the cache
 * @param offset where it stands there; of a commit, its first entry
 */
public record TimelineStep(
    long id,
    String state,
    boolean applied,
    long blocks,
    long dirtySectors,
    long firstSector,
    long lastSector,
    long changedSectors,
    long shownSectors,
    long missingBefore,
    String image,
    long offset) {}
