/**
 * The writecache target as a running cache, on an SSD or in persistent memory: same format, order
 * of writes, tunables, messages and lines as Linux dm-writecache.c 1.4.0.
 *
 * <p>The engine holds one lock during everything but reads that miss and copies to the backing
 * device, as the driver does; what it keeps of an entry are 40 bytes.
 */
@NullMarked
package org.dmsalvage.live.writecache;

import org.jspecify.annotations.NullMarked;
