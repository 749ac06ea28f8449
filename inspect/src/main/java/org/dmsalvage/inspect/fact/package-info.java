/**
 * Values with a name and a unit, from which text, JSON and tables are rendered alike.
 *
 * <p>A format says what it knows as {@link org.dmsalvage.inspect.fact.Facts} and its lists as rows
 * under {@link org.dmsalvage.inspect.fact.Column}s; it never formats output itself.
 */
@NullMarked
package org.dmsalvage.inspect.fact;

import org.jspecify.annotations.NullMarked;
