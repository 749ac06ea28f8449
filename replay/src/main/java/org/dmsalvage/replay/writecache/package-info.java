/**
 * Replays a dm-writecache: overlays the backing device with the blocks that count.
 *
 * <p>{@link org.dmsalvage.replay.writecache.WritecacheReplayer} puts a result together. What the
 * real driver makes of the device is worked out by {@code DriverAttach}, whether or not its policy
 * was asked for: a salvage lists where it differs.
 *
 * <p>On an undamaged cache the policies agree: writecache_resume already takes the newest committed
 * copy of every sector. They part where the superblock or the entry table is damaged, since the
 * driver then refuses, formats, or believes wiped entries.
 */
@NullMarked
package org.dmsalvage.replay.writecache;

import org.jspecify.annotations.NullMarked;
