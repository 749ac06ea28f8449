package org.dmsalvage.inspect.sanitize;

import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * A cache with other addresses. Its structures stand where they stood.
 *
 * @param cache the cache; closing it closes the one that it is read from
 * @param plog the persistent log that belongs to it; null if there is none
 */
public record Sanitized(BlockSource cache, @Nullable BlockSource plog) {}
