/**
 * Writing recovered devices: the only code that makes files.
 *
 * <p>A new image is written beside its name, synced, and only then renamed; whatever ends early
 * leaves nothing behind.
 */
@NullMarked
package org.dmsalvage.replay.output;

import org.jspecify.annotations.NullMarked;
