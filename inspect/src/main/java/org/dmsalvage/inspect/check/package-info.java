/**
 * Findings: what is wrong, unusual or unreadable in an image, as data.
 *
 * <p>Each format lists its codes in an enum that implements {@link
 * org.dmsalvage.inspect.check.FindingCode}. Codes are stable: scripts match them. They are never
 * reused for another meaning.
 */
@NullMarked
package org.dmsalvage.inspect.check;

import org.jspecify.annotations.NullMarked;
