package org.dmsalvage.inspect.pack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** A chunk of an image in a pack: encodes and decodes it. */
final class Frame {

  /** Bytes of a chunk. */
  static final int CHUNK_BYTES = 1 << 20;

  /** Bytes in front of those of a frame. */
  static final int HEAD_BYTES = 16;

  /** More than any chunk becomes: its bytes, and a run for each of the smallest units. */
  private static final int MOST_PLAIN = CHUNK_BYTES + 3 * (CHUNK_BYTES / 512);

  private static final int MOST_PACKED = MOST_PLAIN + (1 << 16);

  /** What a unit is. */
  enum Kind {
    /** Zeros. */
    ZERO(0),
    /** Bytes of a structure. */
    STRUCTURE(1),
    /** Contents, of which the checksum is kept. */
    CONTENTS(2),
    /** It could not be read. */
    UNREADABLE(3);

    private static final Kind[] ALL = values();

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** {@return the number in the file} */
    int code() {
      return code;
    }
  }

  /**
   * A decoded chunk.
   *
   * @param bytes of it, with stand-ins for contents
   * @param unit bytes of a unit
   * @param unreadable units that could not be read
   */
  record Chunk(ByteBuffer bytes, int unit, BitSet unreadable) {

    /** {@return a chunk of which nothing can be read} */
    static Chunk damaged() {
      BitSet all = new BitSet();
      all.set(0);
      return new Chunk(ByteBuffer.allocate(0), CHUNK_BYTES, all);
    }
  }

  private Frame() {}

  /** {@return the checksum of all bytes of a buffer} */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate().clear());
    return (int) crc.getValue();
  }

  /**
   * Encodes a chunk.
   *
   * @param chunk its bytes, as many as it has
   * @param unit bytes of a unit
   * @param kinds of its units
   * @return the whole frame
   */
  static ByteBuffer encode(ByteBuffer chunk, int unit, Kind[] kinds) {
    ByteBuffer plain = ByteBuffer.allocate(MOST_PLAIN).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < kinds.length; ) {
      int to = from + 1;
      while (to < kinds.length && kinds[to] == kinds[from]) {
        to++;
      }
      plain.put((byte) kinds[from].code()).putShort((short) (to - from));
      for (int i = from; i < to; i++) {
        int start = i * unit;
        ByteBuffer bytes = chunk.slice(start, Math.min(unit, chunk.capacity() - start));
        switch (kinds[i]) {
          case STRUCTURE -> plain.put(bytes);
          case CONTENTS -> plain.putInt(checksum(bytes));
          case ZERO, UNREADABLE -> {}
        }
      }
      from = to;
    }
    plain.flip();
    ByteBuffer frame = ByteBuffer.allocate(MOST_PACKED).order(ByteOrder.LITTLE_ENDIAN);
    try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
      deflater.setInput(plain.duplicate());
      deflater.finish();
      int packed = deflater.deflate(frame.position(HEAD_BYTES));
      ByteBuffer bytes = frame.slice(HEAD_BYTES, packed);
      frame.putInt(0, packed).putInt(4, plain.limit()).putInt(8, checksum(bytes)).putInt(12, unit);
      return frame.slice(0, HEAD_BYTES + packed);
    }
  }

  /** {@return how many bytes follow the head of a frame; -1 if that makes no sense} */
  static int packedLength(ByteBuffer head) {
    int length = head.getInt(0);
    return length > 0 && length <= MOST_PACKED ? length : -1;
  }

  /**
   * Decodes a frame.
   *
   * @param head its first 16 bytes, little-endian
   * @param packed the bytes behind them
   * @param length bytes of the chunk
   * @return the chunk; null if the frame is damaged
   */
  static @Nullable Chunk decode(ByteBuffer head, ByteBuffer packed, int length) {
    int plainLength = head.getInt(4);
    int unit = head.getInt(12);
    if (plainLength <= 0
        || plainLength > MOST_PLAIN
        || checksum(packed) != head.getInt(8)
        || !(unit == 512 || unit == 4096)) {
      return null;
    }
    ByteBuffer plain = ByteBuffer.allocate(plainLength).order(ByteOrder.LITTLE_ENDIAN);
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(packed.duplicate().clear());
      while (plain.hasRemaining() && inflater.inflate(plain) > 0) {
        // Until nothing more comes.
      }
      if (plain.hasRemaining()) {
        return null;
      }
    } catch (DataFormatException _) {
      return null;
    }
    return chunk(plain.flip(), length, unit);
  }

  private static @Nullable Chunk chunk(ByteBuffer plain, int length, int unit) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    BitSet unreadable = new BitSet();
    StandIn whole = new StandIn(unit);
    while (bytes.hasRemaining() && plain.remaining() >= 3) {
      int kind = plain.get();
      int count = Short.toUnsignedInt(plain.getShort());
      int first = bytes.position() / unit;
      int end = (int) Math.min((long) bytes.position() + (long) count * unit, length);
      if (kind < 0 || kind >= Kind.ALL.length || count == 0) {
        return null;
      }
      switch (Kind.ALL[kind]) {
        case STRUCTURE -> {
          if (plain.remaining() < end - bytes.position()) {
            return null;
          }
          bytes.put(plain.slice(plain.position(), end - bytes.position()));
          plain.position(plain.position() + end - first * unit);
        }
        case CONTENTS -> {
          if (plain.remaining() < count * 4) {
            return null;
          }
          for (int i = 0; i < count && bytes.hasRemaining(); i++) {
            int checksum = plain.getInt();
            int rest = bytes.remaining();
            if (rest >= unit) {
              whole.put(checksum, bytes);
            } else if (rest >= 4) {
              new StandIn(rest).put(checksum, bytes);
            } else {
              bytes.position(length);
            }
          }
        }
        case ZERO -> bytes.position(end);
        case UNREADABLE -> {
          unreadable.set(first, first + count);
          bytes.position(end);
        }
      }
    }
    return bytes.hasRemaining() ? null : new Chunk(bytes.clear(), unit, unreadable);
  }
}
