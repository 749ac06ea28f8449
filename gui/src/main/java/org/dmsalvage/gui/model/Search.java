package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;

/** Looks for bytes in an image, passing over holes where the bytes are not all zero. */
public final class Search {

  private static final int WINDOW = 1 << 20;

  private Search() {}

  /**
   * Finds the next place, going on from the beginning when the end is reached.
   *
   * @param source where to look
   * @param pattern what to look for
   * @param from the first place that counts
   * @param progress told about bytes; checked for the wish to stop
   * @return the offset; empty if the image does not have it
   */
  public static OptionalLong next(
      BlockSource source, Pattern pattern, long from, Progress progress) {
    progress.begin("searching " + source.name(), source.size());
    OptionalLong found = between(source, pattern, from, source.size(), progress);
    return found.isPresent()
        ? found
        : between(
            source, pattern, 0, Math.min(source.size(), from + pattern.length() - 1), progress);
  }

  private static OptionalLong between(
      BlockSource source, Pattern pattern, long from, long end, Progress progress) {
    int length = pattern.length();
    boolean zeros = pattern.isZeros();
    byte[] window = new byte[WINDOW + length - 1];
    long at = from;
    while (at + length <= end) {
      progress.checkCancelled("searching");
      long data = zeros ? at : source.nextData(at);
      // The pattern may begin in the hole, with zeros.
      long next = Math.max(at, data - length + 1);
      progress.advance(next - at);
      at = next;
      int n = (int) Math.min(window.length, end - at);
      if (n < length) {
        break;
      }
      var _ = source.readAround(at, ByteBuffer.wrap(window, 0, n));
      int found = pattern.indexIn(window, 0, n);
      if (found >= 0) {
        return OptionalLong.of(at + found);
      }
      progress.advance(n - length + 1);
      at += n - length + 1;
    }
    return OptionalLong.empty();
  }
}
