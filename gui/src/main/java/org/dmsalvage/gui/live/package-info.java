/** A window on a running server: what its devices do, and how full their caches are. */
@NullMarked
package org.dmsalvage.gui.live;

import org.jspecify.annotations.NullMarked;
