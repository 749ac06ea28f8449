/**
 * A compact index from block addresses to the places that hold them.
 *
 * <p>Caches hold up to some hundred million blocks; whoever asks "where are the copies of this
 * address?" or "how many distinct addresses are there?" must do so in a few bytes a block.
 */
@NullMarked
package org.dmsalvage.inspect.index;

import org.jspecify.annotations.NullMarked;
