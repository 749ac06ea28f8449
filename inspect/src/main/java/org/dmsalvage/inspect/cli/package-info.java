/**
 * The command-line frame, and the commands that only read: inspect and check.
 *
 * <p>A command is a shell: it turns options into a request, makes one call into the library and
 * renders what comes back. {@link org.dmsalvage.inspect.cli.Application} runs any set of commands,
 * turns failures into messages and exit statuses, and is the only place that does so. The other
 * modules build their commands from the same option groups.
 */
@NullMarked
package org.dmsalvage.inspect.cli;

import org.jspecify.annotations.NullMarked;
