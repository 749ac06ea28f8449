/**
 * The insitu_comp target as a running device: same format, extents, modes, counters and lines as
 * dm-insitu-comp v3, with an order of writes of its own.
 *
 * <p>{@link org.dmsalvage.live.insitu.InsituEngine} answers requests and keeps what is new in
 * {@code FreshBlocks} until it is committed. {@code RunPlan} decides for one aligned run of 128 KiB
 * which extents take the place of which, {@code Commit} brings plans to the device, and {@code
 * Bitmap} is what the device has of the bits. {@code StoredExtents} reads what is on the device.
 *
 * <h2>What a power cut can do</h2>
 *
 * <p>The driver writes payloads over payloads at any time and the bits up to meta_commit_delay
 * later, in no order (rules I18, I20, I21). Here the device changes only while a commit runs:
 *
 * <ol>
 *   <li>payloads are written, and made durable;
 *   <li>then the bits that describe them are written, and made durable.
 * </ol>
 *
 * Before and after, each extent that was ever acknowledged is whole and is the one that the durable
 * bits describe; so it is during a commit, as long as new payloads and old ones have different
 * places:
 *
 * <ul>
 *   <li>Blocks that were never written, or were discarded, take new payloads; until their bits are
 *       there they read as zeros.
 *   <li>Blocks that are stored without compression stay so: new data goes over old data, sector by
 *       sector, and no bit changes.
 *   <li>The bits of an extent that this engine writes never lie in two sectors of the bitmap: an
 *       extent ends where a sector of bits does, and the block whose own bits lie in two is stored
 *       without compression or not at all, which is a difference of one bit.
 * </ul>
 *
 * <p>What remains is a <em>compressed</em> extent of which a block is overwritten. A payload begins
 * at the first block of its extent, and decompresses to all of it or to nothing; whatever takes the
 * place of that block, and whatever is left of the extent, begins there too, over the only copy of
 * the old data. There is no log and no second place in the format. If power fails between the first
 * sector of the new payload and the last of its bits, and the change is more than one sector in
 * all, the blocks of that one extent are in doubt: the new ones are found by a search for payloads
 * ({@code dmsalvage replay}, and this engine's own reads) if they arrived in whole; if the payload
 * is torn, they are lost. To keep that rare, such blocks are held back until a commit, joined, and
 * written in small batches, each with its bits right behind it; a discard never rewrites an extent.
 */
@NullMarked
package org.dmsalvage.live.insitu;

import org.jspecify.annotations.NullMarked;
