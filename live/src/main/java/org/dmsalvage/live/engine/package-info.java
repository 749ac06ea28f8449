/**
 * What the devices that are served have in common, whichever cache runs behind them.
 *
 * <p>The server sees nothing else of them, so that a further kind of device needs no change there.
 */
@NullMarked
package org.dmsalvage.live.engine;

import org.jspecify.annotations.NullMarked;
