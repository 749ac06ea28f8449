/**
 * Replays dm-writeboost caches.
 *
 * <p>All policies choose from the same copies of blocks and differ in three things only: which
 * segments count, in which order, and how several copies of one block are put together.
 *
 * <ol>
 *   <li>{@code LogSegments}: what can be chosen from, the slots of the cache and the segments that
 *       are rebuilt from a plog device;
 *   <li>{@code DriverPlan} and {@code SalvagePlan}: which of them count, as a rank a segment;
 *   <li>{@code BlockVersions}: their metablocks, sorted by address;
 *   <li>{@code LogView}: for one block, which copy shows in each sector under a plan;
 *   <li>{@code OverlayDevice}: the logical device, put together while it is read.
 * </ol>
 *
 * <p>The reader of a block needs no more memory than 9 bytes a copy and 8 bytes a slot.
 */
@NullMarked
package org.dmsalvage.replay.writeboost;

import org.jspecify.annotations.NullMarked;
