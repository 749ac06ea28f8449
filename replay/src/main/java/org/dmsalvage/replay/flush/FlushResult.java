package org.dmsalvage.replay.flush;

import org.dmsalvage.replay.recovery.LossList;
import org.jspecify.annotations.Nullable;

/**
 * What a flush did, or, when it was only tried, would do.
 *
 * @param written bytes that were written to the disk or image
 * @param sha256 of the recovered disk, in hexadecimal; null if not wanted
 * @param notWritten ranges that could not be brought there
 * @param notSaved ranges that were overwritten although what they held could not be read
 */
public record FlushResult(
    long written, @Nullable String sha256, LossList notWritten, LossList notSaved) {}
