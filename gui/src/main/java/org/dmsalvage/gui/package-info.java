/**
 * The program itself: a browser over inspection, replay, repair and running caches, and the main
 * class that gathers all commands under one name.
 *
 * <p>As the last module it also assembles the distribution.
 */
@NullMarked
package org.dmsalvage.gui;

import org.jspecify.annotations.NullMarked;
