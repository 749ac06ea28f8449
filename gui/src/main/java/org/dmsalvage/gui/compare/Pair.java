package org.dmsalvage.gui.compare;

import org.dmsalvage.gui.tree.Structure;

/**
 * A structure that differs between two images.
 *
 * @param name what it is called in both
 * @param left it in the first image
 * @param right it in the second image
 * @param what differs, in a few words
 */
public record Pair(String name, Structure left, Structure right, String what) {}
