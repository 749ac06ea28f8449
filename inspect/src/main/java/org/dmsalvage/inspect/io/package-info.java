/**
 * Read-only access to images and devices.
 *
 * <p>{@link org.dmsalvage.inspect.io.BlockSource} is the one door through which all other code sees
 * bytes: a raw file or block device ({@link org.dmsalvage.inspect.io.ChannelSource}), the parts of
 * a split image laid end to end ({@link org.dmsalvage.inspect.io.ConcatenatedSource}), a window
 * into any of them ({@link org.dmsalvage.inspect.io.WindowSource}). {@link
 * org.dmsalvage.inspect.io.Images} opens what the user named. Other containers (partitions, logical
 * volumes, network block devices) join here as further implementations.
 *
 * <p>No type in this module can write to an image. Reads are positional; nothing is memory-mapped,
 * since an I/O error must be an event about one range and not a crash.
 */
@NullMarked
package org.dmsalvage.inspect.io;

import org.jspecify.annotations.NullMarked;
