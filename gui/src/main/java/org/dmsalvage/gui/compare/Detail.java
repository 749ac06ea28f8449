package org.dmsalvage.gui.compare;

import org.dmsalvage.inspect.io.ByteRange;

/**
 * A value that differs between two images.
 *
 * @param where the structure that has it
 * @param field its name
 * @param left the value in the first image
 * @param right the value in the second image
 * @param inLeft its bytes in the first image
 * @param inRight its bytes in the second image
 */
public record Detail(
    String where, String field, String left, String right, ByteRange inLeft, ByteRange inRight) {}
