/**
 * Bringing what a cache holds onto the disk behind it: what is to be written ({@link
 * org.dmsalvage.replay.flush.FlushPlan}), whether the disk is the right one ({@link
 * org.dmsalvage.replay.flush.BackingFit}), and writing it, into the disk itself ({@link
 * org.dmsalvage.replay.flush.InPlaceFlush}) or into a new image ({@link
 * org.dmsalvage.replay.flush.ImageFlush}).
 */
@NullMarked
package org.dmsalvage.replay.flush;

import org.jspecify.annotations.NullMarked;
