/**
 * Turns findings into a plan of changes to a cache's metadata, shows it, and applies it.
 *
 * <p>A plan is a printable list of actions, each with the bytes before and after and the reason.
 * Making one changes nothing; applying one in place needs an undo file, which {@code
 * org.dmsalvage.replay} provides.
 */
@NullMarked
package org.dmsalvage.repair;

import org.jspecify.annotations.NullMarked;
