/**
 * The devices of a server by name, and the socket over which they are made, asked and removed while
 * it runs.
 *
 * <p>What can be done is what dmsetup(8) can do with the kernel's devices, and it prints what
 * dmsetup prints.
 */
@NullMarked
package org.dmsalvage.live.control;

import org.jspecify.annotations.NullMarked;
