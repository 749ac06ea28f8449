package org.dmsalvage.replay.insitu;

/** Reads extents under the rules of one policy. Not safe for use by several threads. */
interface ExtentReader extends AutoCloseable {

  /**
   * Reads an extent that the bitmap describes.
   *
   * @param first its head
   * @param blocks how many blocks
   * @param sectors of payload, 1 or more
   * @return how many bytes from its first one are shown
   */
  long read(long first, long blocks, long sectors);

  /**
   * {@return the plain bytes of the extent read last, as many as are shown; of no use for an extent
   * that is stored as it is}
   */
  byte[] plain();

  /** {@return what stands behind the bytes shown} */
  byte filling();

  @Override
  void close();
}
