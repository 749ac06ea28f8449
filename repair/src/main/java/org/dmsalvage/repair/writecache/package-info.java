/**
 * Repairs of dm-writecache caches: the superblock, entries that a driver would believe or fail on,
 * and entries of one sector that nothing but a comparison of their blocks can tell apart.
 *
 * <p>A repaired cache is one that writecache_ctr accepts and whose entries writecache_resume takes
 * as salvage does, without raising the error flag. Blocks are never changed, only the superblock
 * and the entry table; an entry is freed as the driver frees it, so that its address stays.
 */
@NullMarked
package org.dmsalvage.repair.writecache;

import org.jspecify.annotations.NullMarked;
