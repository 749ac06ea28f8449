/** The figures of a running server as text for monitoring programs, and over HTTP. */
@NullMarked
package org.dmsalvage.live.metrics;

import org.jspecify.annotations.NullMarked;
