/**
 * Caches with other addresses: what they say of blocks of the backing device is about other blocks,
 * and everything else about them is as it was.
 *
 * <p>A format says where its addresses stand ({@link
 * org.dmsalvage.inspect.format.CacheImage#sanitized}); what is here finds new ones and shows the
 * image with them. Nothing is written: the changed image is another {@link
 * org.dmsalvage.inspect.io.BlockSource} over the old one.
 */
@NullMarked
package org.dmsalvage.inspect.sanitize;

import org.jspecify.annotations.NullMarked;
