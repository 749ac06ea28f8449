/**
 * Places in the images that the user marked, with what was noted about them.
 *
 * <p>They are kept beside the settings of the user, or in a file that the user names; never beside
 * an image.
 */
@NullMarked
package org.dmsalvage.gui.notes;

import org.jspecify.annotations.NullMarked;
