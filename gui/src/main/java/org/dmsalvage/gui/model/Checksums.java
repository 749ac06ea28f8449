package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/**
 * The checksums of a range of an image.
 *
 * @param castagnoli CRC-32C, as the formats have it
 * @param ethernet CRC-32, as zip has it
 */
public record Checksums(int castagnoli, int ethernet) {

  private static final int PIECE_BYTES = 1 << 20;

  /** {@return the checksums of bytes that are at hand} */
  static Checksums of(byte[] bytes) {
    CRC32C castagnoli = new CRC32C();
    castagnoli.update(bytes);
    CRC32 ethernet = new CRC32();
    ethernet.update(bytes);
    return new Checksums((int) castagnoli.getValue(), (int) ethernet.getValue());
  }

  /**
   * Reads a range of any length; holes are not read.
   *
   * @param source the image
   * @param range a range inside it
   * @param progress told about bytes; checked for the wish to stop
   * @throws UnreadableException if any of the bytes cannot be read: a checksum of something else
   *     would be of no use
   */
  public static Checksums of(BlockSource source, ByteRange range, Progress progress) {
    progress.begin("checksums of " + source.name(), range.length());
    RunningCrc castagnoli = new RunningCrc(new CRC32C(), RunningCrc.CASTAGNOLI);
    RunningCrc ethernet = new RunningCrc(new CRC32(), RunningCrc.ETHERNET);
    ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(PIECE_BYTES, range.length()));
    long at = range.offset();
    while (at < range.end()) {
      progress.checkCancelled("checksums");
      long data = Math.min(source.nextData(at), range.end());
      if (data > at) {
        castagnoli.zeros(data - at);
        ethernet.zeros(data - at);
        progress.advance(data - at);
        at = data;
        continue;
      }
      int length = (int) Math.min(piece.capacity(), range.end() - at);
      List<ByteRange> unreadable = source.readAround(at, piece.clear().limit(length));
      if (!unreadable.isEmpty()) {
        ByteRange first = unreadable.getFirst();
        throw new UnreadableException(
            source.name(),
            "no checksums: %d bytes at 0x%x cannot be read"
                .formatted(first.length(), first.offset()));
      }
      castagnoli.update(piece.flip());
      ethernet.update(piece.rewind());
      progress.advance(length);
      at += length;
    }
    return new Checksums(castagnoli.value(), ethernet.value());
  }
}
