/** What a running server does, as a person or a program watches it from outside. */
@NullMarked
package org.dmsalvage.live.top;

import org.jspecify.annotations.NullMarked;
