/**
 * Images that are no plain bytes, read through programs that understand them: virtual disks through
 * {@code qemu-nbd --read-only}, compressed images through what decompresses them.
 *
 * <p>{@link org.dmsalvage.inspect.captive.Wrapping} recognises them by their content, {@link
 * org.dmsalvage.inspect.captive.CaptiveImages} opens them. The programs belong to this process:
 * they end when it does, however it ends, and what they made goes with them.
 */
@NullMarked
package org.dmsalvage.inspect.captive;

import org.jspecify.annotations.NullMarked;
