/** One way to open whatever a user may name as an image: {@link Sources}. */
@NullMarked
package org.dmsalvage.inspect.source;

import org.jspecify.annotations.NullMarked;
