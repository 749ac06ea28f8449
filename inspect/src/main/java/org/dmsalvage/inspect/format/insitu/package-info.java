/**
 * dm-insitu-comp: a device that compresses its contents in place (patch of 2014, version 3).
 *
 * <pre>
 * | superblock 4 KiB | bitmap, 5 bits a block | data, 4 KiB a block |
 *
 * logical blocks     |     0     |     1     |     2     |     3     |   an extent of 4 blocks
 * bitmap             |  8 head   |  2 tail   |  0 tail   |  0 tail   |   10 sectors of payload
 * data area          | payload 10 sectors ---c|  what stood there before               |
 * </pre>
 *
 * All values are little-endian. Data keeps its address: what belongs to logical block b stands from
 * the data area's block b on. An extent, at most 32 blocks inside one aligned run of 32, is
 * compressed as one; its payload begins at the head's place and runs on as far as needed; the rest
 * of its room keeps old bytes. The last four bytes of the payload ({@code c} above) are the length
 * of the compressed stream. An extent whose payload fills its room is stored as it is, without a
 * length. No sectors at all: never written.
 *
 * <h2>Life of a write</h2>
 *
 * A write becomes one extent (insitu_comp_handle_write_comp). Parts of older extents that it covers
 * at one end are read, decompressed, compressed again and written as extents of their own, at their
 * own first blocks; a write strictly inside an older extent has it written again as a whole. The
 * data goes out first, the bits follow: at once in writethrough mode, with a flush or every so many
 * seconds in writeback mode. There is no order between the two in either mode, and no journal.
 *
 * <h2>After a crash</h2>
 *
 * The bitmap may describe older extents than the data area holds, or the other way round. The
 * driver reads what the bitmap says: it fails where a payload does not decompress, returns memory
 * it never wrote to where it decompresses to less than the extent, and does not notice what is
 * stored without compression. There is no checksum; but a compressed stream says where it ends, and
 * its length stands at a place that follows from that. An extent is proved by decompressing it
 * ({@link org.dmsalvage.inspect.format.insitu.ExtentProver}).
 */
@NullMarked
package org.dmsalvage.inspect.format.insitu;

import org.jspecify.annotations.NullMarked;
