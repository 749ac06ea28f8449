/** Prepares and tests the distribution. */
@NullMarked
package org.dmsalvage.gui.dist;

import org.jspecify.annotations.NullMarked;
