/** How work is spread over the cores, reports where it stands and learns that it should stop. */
@NullMarked
package org.dmsalvage.inspect.progress;

import org.jspecify.annotations.NullMarked;
