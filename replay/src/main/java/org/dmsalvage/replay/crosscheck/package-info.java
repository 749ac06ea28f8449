/**
 * Compares what a cache holds with its backing device before anything is written back.
 *
 * <p>The most dangerous thing that can have happened to a backing device is that it was used
 * without its cache after the crash: then what is written back is older than what stands there. No
 * format records what it wrote back when, so this can only be seen where the log knows what the
 * backing device held and has every write since, or where a file system's superblock on the backing
 * device is newer than every copy of it in the log.
 */
@NullMarked
package org.dmsalvage.replay.crosscheck;

import org.jspecify.annotations.NullMarked;
