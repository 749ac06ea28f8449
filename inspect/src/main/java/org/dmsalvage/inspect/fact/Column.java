package org.dmsalvage.inspect.fact;

/**
 * A column of a list.
 *
 * @param name in camel case, as JSON and CSV show it
 * @param unit of the values below it
 */
public record Column(String name, Unit unit) {}
