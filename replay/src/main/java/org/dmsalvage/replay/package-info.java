/**
 * What the logical device holds: log replay, the recovered view, flushing it to a backing device,
 * and undo.
 *
 * <p>Two policies answer the question. The <em>driver</em> policy gives byte for byte what the
 * kernel driver would give after a resume, its mistakes included, or says that it would refuse,
 * format, crash or hang. The <em>salvage</em> policy gives the most that can be proven good, and
 * lists every block where it differs from the driver.
 *
 * <p>This is the first module that can write, and it writes only to a path that the user named as
 * an output, an undo file or an in-place target. In-place writes are preceded by an undo file that
 * is on stable storage before the bytes it can restore are overwritten.
 */
@NullMarked
package org.dmsalvage.replay;

import org.jspecify.annotations.NullMarked;
