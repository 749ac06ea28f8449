package org.dmsalvage.inspect.format;

import org.dmsalvage.inspect.fact.Facts;

/**
 * One copy of a sector of the logical device.
 *
 * @param image name of the image it stands in
 * @param offset byte offset of its 512 bytes in that image; for a compressed extent, of the payload
 * @param order the log position that tells newer from older (segment id, seq_count), unsigned
 * @param place where it stands, in the format's words: "segment id 17 (slot 16), metablock 3"
 * @param state what is known of it: "sealed", "torn", "committed", "free", …
 * @param details whatever else the format knows
 */
public record SectorVersion(
    String image, long offset, long order, String place, String state, Facts details) {}
