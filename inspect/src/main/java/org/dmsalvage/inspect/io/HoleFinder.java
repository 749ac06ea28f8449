package org.dmsalvage.inspect.io;

/** Knows where a file has holes. */
public interface HoleFinder extends AutoCloseable {

  /** Knows no holes: everything may be data. */
  HoleFinder NONE =
      new HoleFinder() {
        @Override
        public long nextData(long offset, long size) {
          return offset;
        }

        @Override
        public long nextHole(long offset, long size) {
          return size;
        }

        @Override
        public void close() {}
      };

  /**
   * Finds data.
   *
   * @param offset where to begin, less than size
   * @param size of the file in bytes
   * @return first position not before {@code offset} that is not in a hole, or {@code size}
   */
  long nextData(long offset, long size);

  /**
   * Finds a hole.
   *
   * @param offset where to begin, less than size
   * @param size of the file in bytes
   * @return first position not before {@code offset} that is in a hole, or {@code size}
   */
  long nextHole(long offset, long size);

  @Override
  void close();
}
