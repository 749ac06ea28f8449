/**
 * Properties that hold for every format: nothing durable is lost and nothing invented after any
 * crash, no damage does more than fail, and an unreadable sector costs a sector.
 *
 * <p>Each is tried {@code jqwik.tries.default} times; {@code mvn verify -Djqwik.tries.default=5000}
 * tries harder.
 */
@NullMarked
package org.dmsalvage.replay.property;

import org.jspecify.annotations.NullMarked;
