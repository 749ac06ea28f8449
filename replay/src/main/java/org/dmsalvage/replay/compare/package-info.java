/** What a driver would make of a cache beside what salvage makes of it, counted. */
@NullMarked
package org.dmsalvage.replay.compare;

import org.jspecify.annotations.NullMarked;
