/**
 * What a logical device holds, under one policy or the other.
 *
 * <p>A format's replayer turns an opened cache image into a {@link
 * org.dmsalvage.replay.recovery.Recovery}: the logical device as a readable source, and a report on
 * what was applied, dropped, at risk or lost. Nothing is written here.
 */
@NullMarked
package org.dmsalvage.replay.recovery;

import org.jspecify.annotations.NullMarked;
