/**
 * LVM2 as it stands on disk: labels, metadata areas, the text in them, and the volumes it
 * describes.
 *
 * <pre>
 * physical volume
 *   | 4 sectors, one of them the label | metadata area | extents ...            | perhaps another area |
 *                       |                 ^
 *                       +-- says where ---+
 * metadata area
 *   | header | text 3, end | ... | text 1 | text 2 | text 3, start |
 *       |                                            ^ a ring: the newest text may wrap around
 *       +--------------------------------------------+
 * </pre>
 *
 * <p>A change of the volume group writes a whole new text behind the last one, with a sequence
 * number one higher, on every physical volume that has an area, and then the header's pointer to
 * it. Older texts stay in the ring until they are overwritten, and are found there when the newest
 * one is damaged. Source: the on-disk structures of lvm2 (lib/label/label.h,
 * lib/format_text/layout.h).
 */
@NullMarked
package org.dmsalvage.inspect.volume.lvm;

import org.jspecify.annotations.NullMarked;
