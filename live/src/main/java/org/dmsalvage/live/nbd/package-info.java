/**
 * A server of the network block device protocol: fixed newstyle negotiation, structured replies,
 * metadata contexts and TLS, over Unix and TCP sockets or the streams the process was started with.
 *
 * <p>It knows devices only as {@link org.dmsalvage.inspect.io.BlockSource} or {@link
 * org.dmsalvage.live.engine.LiveDevice} and does not care what lies behind them.
 */
@NullMarked
package org.dmsalvage.live.nbd;

import org.jspecify.annotations.NullMarked;
