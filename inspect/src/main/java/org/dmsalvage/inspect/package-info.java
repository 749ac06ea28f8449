/**
 * Reads crashed caches: image input, on-disk formats, detection, checks, reports and the command
 * line.
 *
 * <p>Everything in this module opens its input for reading only. It has no type that can write to a
 * device; that begins with {@code org.dmsalvage.replay}.
 *
 * <p>Each on-disk format has one package, and all of them look the same: the structures (a record
 * each, with its layout, and decode and encode side by side), the geometry (arithmetic from the
 * size of the device), the image (finds and iterates the structures) and the checks (which yield
 * findings). Decoding never judges: it fails only for lack of bytes, and whether a value is
 * plausible is for the checks to say.
 */
@NullMarked
package org.dmsalvage.inspect;

import org.jspecify.annotations.NullMarked;
