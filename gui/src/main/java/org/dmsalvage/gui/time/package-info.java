/**
 * The log as steps in time: the disk as it was after each of them, what each of them changed, and
 * what of it nobody can know any more. The model has no nodes.
 */
@NullMarked
package org.dmsalvage.gui.time;

import org.jspecify.annotations.NullMarked;
