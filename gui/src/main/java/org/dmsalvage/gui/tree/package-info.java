/**
 * What stands where in an image: structures inside structures down to single fields, worked out
 * from the geometry alone, so that a device of any size has its whole tree at once and reads
 * nothing for it.
 *
 * <p>One class a format says where its structures are and what they mean; tree, hex view and the
 * table of fields only ever see {@link org.dmsalvage.gui.tree.Structure}.
 */
@NullMarked
package org.dmsalvage.gui.tree;

import org.jspecify.annotations.NullMarked;
