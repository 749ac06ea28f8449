/** What can be asked of a {@link org.dmsalvage.replay.recovery.Timeline}, whatever the format. */
@NullMarked
package org.dmsalvage.replay.time;

import org.jspecify.annotations.NullMarked;
