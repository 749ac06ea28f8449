/**
 * The history of one address of the disk: every copy that the cache still holds, which of them
 * shows under which policy and why, and the bytes side by side.
 */
@NullMarked
package org.dmsalvage.gui.history;

import org.jspecify.annotations.NullMarked;
