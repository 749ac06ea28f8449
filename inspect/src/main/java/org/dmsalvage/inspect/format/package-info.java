/**
 * What all on-disk formats have in common.
 *
 * <p>A format is one package below this one, each cut the same way:
 *
 * <ul>
 *   <li>a record for each structure on disk, its layout drawn in the Javadoc, with {@code decode}
 *       and {@code encode} side by side; decoding never judges;
 *   <li>{@code …Geometry}: pure arithmetic from the device's size, in {@code long}, exactly the
 *       driver's, its overflows named;
 *   <li>{@code …Image}: finds and iterates the structures, implements {@link
 *       org.dmsalvage.inspect.format.CacheImage};
 *   <li>{@code …Check}: yields findings; {@code …Code}: the format's finding codes;
 *   <li>{@code …Format}: detection and opening, implements {@link
 *       org.dmsalvage.inspect.format.CacheFormat}.
 * </ul>
 *
 * <p>A further format adds such a package and one line in {@code org.dmsalvage.inspect.Formats};
 * nothing else asks which format it deals with.
 */
@NullMarked
package org.dmsalvage.inspect.format;

import org.jspecify.annotations.NullMarked;
