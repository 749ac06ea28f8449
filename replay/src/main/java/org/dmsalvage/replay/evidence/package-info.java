/**
 * The record of a recovery that others can check: what was given, what was read and written, with
 * which tool and command line, what was found, and hashes of every input before and after.
 */
@NullMarked
package org.dmsalvage.replay.evidence;

import org.jspecify.annotations.NullMarked;
