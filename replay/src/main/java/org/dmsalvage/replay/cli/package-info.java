/** The commands that replay: replay and demo, and what inspect asks of replaying. */
@NullMarked
package org.dmsalvage.replay.cli;

import org.jspecify.annotations.NullMarked;
