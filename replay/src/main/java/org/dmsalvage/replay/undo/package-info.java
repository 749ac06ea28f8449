/**
 * Writing in place so that it can be undone.
 *
 * <p>{@link org.dmsalvage.replay.undo.InPlaceWriter} brings {@link
 * org.dmsalvage.replay.undo.Changes} onto a device: it compares, saves the bytes that it will
 * overwrite in an {@link org.dmsalvage.replay.undo.UndoFile}, makes them durable, and only then
 * writes. {@link org.dmsalvage.replay.undo.Undo} puts the saved bytes back. One undo file can cover
 * several devices.
 *
 * <h2>The undo file</h2>
 *
 * <p>All numbers are little-endian. Two slots of 16384 bytes hold the header ({@link
 * org.dmsalvage.replay.undo.UndoHeader}); of those whose checksum is right, the one with the
 * greater sequence number counts, so that a torn update leaves the one before. Batches ({@link
 * org.dmsalvage.replay.undo.UndoBatch}) follow, each at a multiple of 4096:
 *
 * <pre>
 *       0  header, slot 0
 *   16384  header, slot 1
 *   32768  batch 0: extents, checksums | bytes that were overwritten
 *          batch 1: …
 * </pre>
 *
 * <p>A batch is written and made durable before the first of its extents is overwritten, and before
 * the next batch is written. So at most the last batch of a file can be torn, and the device then
 * still holds what it should have saved. A torn batch is overwritten by the next one.
 */
@NullMarked
package org.dmsalvage.replay.undo;

import org.jspecify.annotations.NullMarked;
