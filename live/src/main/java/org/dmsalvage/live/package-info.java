/**
 * Running caches in user space: an engine for each of the three targets, a network block device
 * server and a control channel.
 *
 * <p>The engines keep the on-disk formats of the kernel drivers, so that an image which one of them
 * wrote can be inspected, replayed and repaired as any other.
 */
@NullMarked
package org.dmsalvage.live;

import org.jspecify.annotations.NullMarked;
