/**
 * The cache as a field of its segments, entries or blocks, each by its state and age, and the disk
 * behind it as a field of what the recovery would change; choosing in one lights up the other.
 *
 * <p>The models hold columns of primitive numbers and answer for ranges of cells, so that a view
 * draws no more squares than it has room for, however many cells there are.
 */
@NullMarked
package org.dmsalvage.gui.map;

import org.jspecify.annotations.NullMarked;
