/**
 * The recovered view of a crashed cache as a device to be served, read-only or with an overlay.
 *
 * <p>Nothing here writes to the images that the view is made of: an overlay keeps what clients
 * write in a file of its own.
 */
@NullMarked
package org.dmsalvage.live.view;

import org.jspecify.annotations.NullMarked;
