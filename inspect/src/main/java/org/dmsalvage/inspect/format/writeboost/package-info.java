/**
 * dm-writeboost: a log-structured write cache.
 *
 * <pre>
 * cache device   | superblock 1 MiB (2048 sectors) | segment 0 | segment 1 | … | segment S-1 |
 * superblock     | sector 0: header | … nothing … | sector 2047: record |
 * segment        | header area 4 KiB | block 0, 4 KiB | block 1 | … |     1 &lt;&lt; order sectors
 * plog device    | plog segment 0 | plog segment 1 | … |                  type 1 of 2014 only
 * plog           | meta, 1 sector | data, 1 … 8 sectors |
 * </pre>
 *
 * <p>Writes gather in a RAM buffer. A full or flushed buffer becomes a segment with the next id and
 * is written, header and blocks at once, to the slot {@code (id - 1) mod S}; later a daemon writes
 * it back to the backing device. Nothing on the cache is ever erased but by the next lap. At attach
 * the driver replays the log.
 *
 * <p>Three conventions share one magic number; {@link
 * org.dmsalvage.inspect.format.writeboost.Convention} tells them apart: the laps of 2013 (no
 * checksum), the raw CRC-32C of 2014, 1.0.x, 2.0.0 and 2.0.1, and the complemented CRC-32C since
 * 2.0.2.
 *
 * <p>How an image is read:
 *
 * <ol>
 *   <li>{@link org.dmsalvage.inspect.format.writeboost.SegmentTable} reads all headers and, if
 *       wanted, verifies all segments;
 *   <li>{@link org.dmsalvage.inspect.format.writeboost.PlogScan} does the same for a plog device;
 *   <li>{@link org.dmsalvage.inspect.format.writeboost.LogAnalysis} finds the newest segment, the
 *       window of ids that belong to the log, what lies outside it, and how the driver would walk;
 *   <li>{@link org.dmsalvage.inspect.format.writeboost.MetablockReader} reads the metablocks of the
 *       slots that matter, in the order that matters.
 * </ol>
 *
 * <p>Segment ids are unsigned 64-bit numbers throughout: compare them with {@link
 * java.lang.Long#compareUnsigned}.
 *
 * <p>Sources: the dm-writeboost staging patch of December 2014, the headers mailed in September
 * 2013, and the module versions 1.0 to 2.2.
 */
@NullMarked
package org.dmsalvage.inspect.format.writeboost;

import org.jspecify.annotations.NullMarked;
