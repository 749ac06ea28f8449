/** Power cuts for tests of what writes. */
@NullMarked
package org.dmsalvage.replay.crash;

import org.jspecify.annotations.NullMarked;
