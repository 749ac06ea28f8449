/**
 * What the browser knows and does, without a window: sessions, places, background work, pages of
 * bytes, searching and jumping.
 *
 * <p>Nothing here holds a node or needs the JavaFX toolkit, only its observable values; whatever
 * touches a device runs on other threads and reports back through an executor that the caller
 * gives, which in a window is the FX thread and in tests the test itself.
 */
@NullMarked
package org.dmsalvage.gui.model;

import org.jspecify.annotations.NullMarked;
