/**
 * Everything that can go wrong, in one sealed hierarchy.
 *
 * <p>Damage inside an image is never an exception: it is a {@code Finding}. An exception says that
 * the work as a whole cannot go on. The command-line frame turns each kind into one line on
 * standard error and one exit status, in one place.
 */
@NullMarked
package org.dmsalvage.inspect.error;

import org.jspecify.annotations.NullMarked;
