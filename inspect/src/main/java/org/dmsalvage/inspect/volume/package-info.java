/**
 * Volumes on whole disks: partitions ({@link org.dmsalvage.inspect.volume.partition}) and logical
 * volumes ({@link org.dmsalvage.inspect.volume.lvm}), found together and opened by name.
 */
@NullMarked
package org.dmsalvage.inspect.volume;

import org.jspecify.annotations.NullMarked;
