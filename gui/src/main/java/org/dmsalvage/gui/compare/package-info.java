/**
 * Two images of one format, structure by structure: what is the same is only counted, what differs
 * is listed and leads to the bytes of both. The model has no nodes.
 */
@NullMarked
package org.dmsalvage.gui.compare;

import org.jspecify.annotations.NullMarked;
