/**
 * The writeboost target as a running cache: format, commands, tunables and lines of the
 * dm-writeboost staging patch of December 2014 (type 0, and type 1 with a plog device) and of the
 * module 2.x; the durability that both promise, without the ways in which both break it.
 *
 * <ul>
 *   <li>{@code WriteboostEngine}: the device as clients and dmsetup see it, and its background
 *       work;
 *   <li>{@code WriteboostCache}: reads, writes, flushes, discards, between three layers;
 *   <li>{@code SegmentBuffer}: the segment that is being built in memory;
 *   <li>{@code SegmentLog}: segments on their way to the cache device, which of them are durable,
 *       and which slots may be used again;
 *   <li>{@code PlogWriter}: the plog device of type 1;
 *   <li>{@code Writeback}: from the cache device to the backing device;
 *   <li>{@code CacheIndex}: where the newest copy of each block is;
 *   <li>{@code Attachment}: formatting, and taking up a log, by the rules of replay.
 * </ul>
 *
 * <p>What keeps a log right after any crash, for salvage and for the drivers' replay alike:
 *
 * <ol>
 *   <li>The id of a slot is cleared, durably, before the slot is written again. A lost or torn
 *       segment then leaves an empty slot, never an old segment or one that does not fit its header
 *       (rules W14, W17, W18).
 *   <li>Before that, all that the slot held is durable on the backing device or in a newer segment.
 *   <li>Only durable segments are written back.
 *   <li>A plog segment's head is cleared, durably, before the place is written again; heads are
 *       cleared in the order of their ids; every id has a plog (rules P5, P6).
 *   <li>The superblock's record never names a segment that is still there (rules W27, W28).
 *   <li>What is cached is discarded by writing zeros into the log (rule W31).
 * </ol>
 */
@NullMarked
package org.dmsalvage.live.writeboost;

import org.jspecify.annotations.NullMarked;
