/**
 * dm-writecache: a write cache on an SSD or on persistent memory, versions 1.0.0 to 1.6.0 of the
 * target (Linux 4.18 and later), which share one layout.
 *
 * <pre>
 * | superblock 64 B | entry[0] 16 B | … | entry[n-1] | padding | block[0] | … | block[n-1] |
 * '------------------ metadata, whole blocks --------------------'
 * </pre>
 *
 * All values are little-endian. Entry i describes block i: which sector of the origin it holds
 * (original_sector) and in which commit it was written (seq_count). Since version 1.3.0 the table
 * option {@code start_sector} may shift the whole structure; the shift is not recorded anywhere.
 *
 * <h2>Life of a write</h2>
 *
 * A write takes a free block and gives its entry the current, uncommitted sequence number
 * (writecache_map). A flush, a full cache or a timer commits (writecache_flush): first data and
 * entries reach the medium, then the superblock's seq_count is raised by one, which commits all
 * entries below it at once. A later write to the same sector overwrites a committed block in place
 * in SSD mode, unless the block is just being written back; in persistent memory mode it always
 * takes a second entry, and the older one is freed after the next commit. A written-back block's
 * entry is freed by setting its seq_count to 2^64-1; the sector stays readable as history.
 *
 * <h2>Recovery rule</h2>
 *
 * (writecache_resume.) An entry whose seq_count is less than the superblock's, unsigned, is
 * committed and counts; all others are free or discarded. Entries are taken in index order; one
 * replaces an earlier one of the same sector unless the earlier seq_count is greater, so that on a
 * tie the later index wins. A tie raises the device's error flag: reads go on, while writes,
 * flushes, discards and write-back fail.
 *
 * <p>There is no checksum anywhere. What stands in a block can be read, but not proved.
 */
@NullMarked
package org.dmsalvage.inspect.format.writecache;

import org.jspecify.annotations.NullMarked;
