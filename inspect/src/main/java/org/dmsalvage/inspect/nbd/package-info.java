/**
 * Network block devices as images: {@code nbd://host[:port]/export} and {@code
 * nbd+unix:///export?socket=PATH}.
 *
 * <p>{@link org.dmsalvage.inspect.nbd.Nbd} has the numbers of the protocol, {@link
 * org.dmsalvage.inspect.nbd.NbdUri} the names, {@link org.dmsalvage.inspect.nbd.NbdSource} reads. A
 * server is not trusted: what it sends is bounded by what was asked for. Source: the protocol's
 * description, doc/proto.md and doc/uri.md of the NBD project.
 */
@NullMarked
package org.dmsalvage.inspect.nbd;

import org.jspecify.annotations.NullMarked;
