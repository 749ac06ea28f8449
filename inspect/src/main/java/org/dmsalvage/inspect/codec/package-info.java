/**
 * The compressors of dm-insitu-comp: LZO1X and raw deflate.
 *
 * <p>Decoders are made for hostile and damaged input. They never fail with an exception: a {@link
 * org.dmsalvage.inspect.codec.DecodeResult} says how far a stream could be followed and what
 * stopped it, and all bytes up to that point stand in the output. Encoders make streams that the
 * kernel's decoders accept.
 */
@NullMarked
package org.dmsalvage.inspect.codec;

import org.jspecify.annotations.NullMarked;
