/**
 * Replays a dm-insitu-comp device: the logical device is its decompressed contents.
 *
 * <p>{@link org.dmsalvage.replay.insitu.InsituReplayer} puts a result together. {@code
 * DriverAttach} says how the driver would take the device, {@code DriverReader} reads one extent as
 * it would, and {@code SalvageReader} reads one extent as far as it proves itself. {@code
 * ExtentScan} reads every extent once and keeps those that are not simply right; {@code
 * InsituDevice} decompresses on demand.
 *
 * <p>Salvage shows what stands at the place of each extent that the bitmap describes. Payloads that
 * the bitmap does not describe, under extents that are stale, are left for a search of their own:
 * the extents to search are the notable ones of {@code ExtentScan}.
 */
@NullMarked
package org.dmsalvage.replay.insitu;

import org.jspecify.annotations.NullMarked;
