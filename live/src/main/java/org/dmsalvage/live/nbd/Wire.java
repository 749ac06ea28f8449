package org.dmsalvage.live.nbd;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A connection as two streams of bytes. One thread may read while another writes. */
interface Wire extends Closeable {

  /**
   * Fills the rest of a buffer.
   *
   * @throws EOFException if the peer sends no more
   */
  void read(ByteBuffer target) throws IOException;

  /** Sends the rest of all buffers, in order. */
  void write(ByteBuffer... sources) throws IOException;

  /** {@return whether bytes have arrived that nobody has read yet} */
  boolean hasBuffered();

  /** Ends reading: a read that waits, and every later one, finds the end. */
  void stopReading();

  /** Ends the connection; never throws, and may be called by any thread at any time. */
  @Override
  void close();
}
