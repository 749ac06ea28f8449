/**
 * Repairs of dm-insitu-comp devices: the superblock from the size of the device and what it holds,
 * and the bitmap from the payloads that prove themselves.
 *
 * <p>Only metadata is changed, never a payload. So what can only be told from a part of a payload,
 * such as the rest of an extent whose beginning was overwritten, cannot be put right: 128 KiB that
 * hold such a part stay as they are, and have to be salvaged onto another device.
 */
@NullMarked
package org.dmsalvage.repair.insitu;

import org.jspecify.annotations.NullMarked;
