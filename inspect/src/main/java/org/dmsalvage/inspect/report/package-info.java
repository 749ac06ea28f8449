/**
 * Text, JSON, JSON Lines and CSV from findings, facts and rows.
 *
 * <p>The only place that knows how a value looks on a screen or in a document. JSON documents carry
 * {@code "schema": "dmsalvage/<command>/1"}; the JSON Schemas stand beside this package as
 * resources. Unsigned 64-bit values above 2^63-1 are written as strings.
 */
@NullMarked
package org.dmsalvage.inspect.report;

import org.jspecify.annotations.NullMarked;
