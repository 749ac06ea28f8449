/**
 * Searches a device without usable structures around its caches: sector by sector, at the speed of
 * the device, jumping over holes.
 *
 * <p>{@link org.dmsalvage.inspect.scan.SectorScan} looks at the first bytes of each sector, and
 * proves what looks promising by its checksum; {@link org.dmsalvage.inspect.scan.Candidates} puts
 * what was found together to devices that may begin and end anywhere.
 */
@NullMarked
package org.dmsalvage.inspect.scan;

import org.jspecify.annotations.NullMarked;
