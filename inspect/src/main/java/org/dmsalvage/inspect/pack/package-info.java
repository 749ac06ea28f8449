/**
 * Packs: caches without what users stored in them, to be sent to somebody who shall find out what
 * is wrong with them.
 *
 * <p>A pack has every structure of an image byte by byte. Everything else is cut into units, of
 * which only the CRC-32C is kept; a unit that is read from a pack has other bytes with the same
 * checksum. So each checksum that a format computes over whole units holds, or fails, as it did in
 * the image.
 *
 * <pre>
 * offset size field of the header; numbers are little-endian
 *      0    8 "DMSPACK" and a zero
 *      8    4 version, 2
 *     12    4 number of images, 1 or 2
 *     16   40 the cache
 *     56   40 the persistent log, if there are two
 *    508    4 CRC-32C of the bytes before
 *
 * offset size field of an image
 *      0    4 role: 1 cache, 2 persistent log
 *      4    4 zero
 *      8    8 bytes of the image
 *     16    8 where its index is in the file
 *     24    8 entries of the index
 *     32    4 CRC-32C of the index
 *     36    4 zero
 *
 * offset size entry of an index, one for each chunk of 1 MiB that is not all zeros, ascending
 *      0    8 number of the chunk
 *      8    8 where its frame is in the file
 *
 * offset size field of a frame
 *      0    4 length of its bytes
 *      4    4 length of what they inflate to
 *      8    4 CRC-32C of its bytes
 *     12    4 bytes of a unit in this chunk, 512 or 4096
 *     16      bytes in the format of zlib
 * </pre>
 *
 * <p>What a frame inflates to is a row of runs, which fill the chunk: one byte says the kind, two
 * how many units; then come the bytes of the units (kind 1, structures), four bytes of CRC-32C for
 * each (kind 2, contents), or nothing (kind 0, zeros; kind 3, could not be read).
 */
@NullMarked
package org.dmsalvage.inspect.pack;

import org.jspecify.annotations.NullMarked;
