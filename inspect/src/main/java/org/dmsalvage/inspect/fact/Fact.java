package org.dmsalvage.inspect.fact;

import org.jspecify.annotations.Nullable;

/**
 * One named value.
 *
 * @param name in camel case, as JSON shows it
 * @param unit how to read the value
 * @param value of the type that the unit names; null if it is not known, such as a count that would
 *     have needed checksums
 */
public record Fact(String name, Unit unit, @Nullable Object value) {}
