/**
 * Devices that are written: opening them, making sure that nobody else uses them, and knowing which
 * one it is.
 *
 * <p>{@link org.dmsalvage.replay.device.Targets} opens what a user named as the target of a write;
 * {@link org.dmsalvage.replay.device.BlockDevice} is all that the code which writes sees of it.
 */
@NullMarked
package org.dmsalvage.replay.device;

import org.jspecify.annotations.NullMarked;
