/**
 * Emptying a cache whose data has reached the backing device, so that a driver finds it clean.
 *
 * <p>A format's emptier works out which bytes to write, and in which order, so that the cache can
 * be attached after a cut at any point: each state that the medium may be left in shows, over a
 * backing device that holds everything, exactly that backing device. Writing is the business of
 * whoever asks.
 */
@NullMarked
package org.dmsalvage.replay.clean;

import org.jspecify.annotations.NullMarked;
