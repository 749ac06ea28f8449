/**
 * Repairs of dm-writeboost caches: the superblock, the record, segments at which a driver stops or
 * that it must not apply, and what is only on the persistent log.
 *
 * <p>The repaired log is the one that salvage shows, written so that the rules by which a driver
 * attaches it (rules W12 to W22, P4 to P9) come to the same. Never written are a magic number that
 * is wrong (rule W9) and a metablock without dirty bits (rule W20).
 */
@NullMarked
package org.dmsalvage.repair.writeboost;

import org.jspecify.annotations.NullMarked;
