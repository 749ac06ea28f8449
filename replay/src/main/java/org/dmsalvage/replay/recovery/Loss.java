package org.dmsalvage.replay.recovery;

import org.dmsalvage.inspect.fact.Facts;

/**
 * A structure of the cache that was not applied, or a range of the logical device that is in doubt.
 *
 * @param code what kind, as a finding code
 * @param image name of the image that holds the structure
 * @param offset its first byte there
 * @param length its bytes there
 * @param sectors how many sectors of the logical device it concerns; -1 if that cannot be known
 * @param reason why, in one sentence
 * @param details ids and addresses, as the format knows them
 */
public record Loss(
    String code,
    String image,
    long offset,
    long length,
    long sectors,
    String reason,
    Facts details) {}
