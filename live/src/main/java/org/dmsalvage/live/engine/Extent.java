package org.dmsalvage.live.engine;

/**
 * A stretch of a device that is the same throughout.
 *
 * @param end first byte behind it
 * @param flags what it is, in the terms of the map that tells it
 */
public record Extent(long end, int flags) {}
