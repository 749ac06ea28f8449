package org.dmsalvage.inspect.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes of an image were really read from the disk, as the mapfile of GNU ddrescue says.
 *
 * <pre>
 * file     comments, status line, blocks
 * comment  # text
 * status   position, status of the whole, pass
 * block    position, size, status: + finished, ? not tried, * not trimmed, / not scraped, - bad
 * </pre>
 *
 * <p>Only what is finished counts as read: everything else, and everything that no block mentions,
 * is zeros in the image whatever the disk holds.
 */
public final class ReadMap {

  /** Blocks of a map; a disk with more of them is better not read at all. */
  private static final int MOST_BLOCKS = 1 << 24;

  /** Characters of a line; the longest are comments with a command. */
  private static final int LONGEST_LINE = 1 << 16;

  private static final String STATUSES = "+?*/-";

  /** Ranges that were read, ascending, not touching: begin and end of each. */
  private final long[] starts;

  private final long[] ends;

  private ReadMap(long[] starts, long[] ends) {
    this.starts = starts;
    this.ends = ends;
  }

  /**
   * Reads a map.
   *
   * @param path of the mapfile
   * @throws UnreadableException if it cannot be read
   * @throws UnsupportedImageException if it is no mapfile
   */
  public static ReadMap read(String path) {
    try (FileChannel channel = FileChannel.open(Path.of(path), StandardOpenOption.READ);
        BufferedReader lines =
            new BufferedReader(Channels.newReader(channel, StandardCharsets.ISO_8859_1))) {
      return new Parser(path).parse(lines);
    } catch (NoSuchFileException _) {
      throw new UnreadableException(path, "no such file");
    } catch (IOException e) {
      throw new UnreadableException(path, "cannot read: " + e.getMessage());
    }
  }

  private static final class Parser {
    private final String path;
    private long[] starts = new long[64];
    private long[] ends = new long[64];
    private int count;
    private long position;
    private int number;

    Parser(String path) {
      this.path = path;
    }

    ReadMap parse(BufferedReader lines) throws IOException {
      boolean status = false;
      for (String line = next(lines); line != null; line = next(lines)) {
        String[] words = line.split("\\s+", 4);
        if (!status) {
          check(words.length >= 2 && number(words[0]) >= 0, "no status line", line);
          status = true;
        } else {
          check(words.length == 3, "no block", line);
          block(number(words[0]), number(words[1]), words[2], line);
        }
      }
      check(status, "no status line", "the end of the file");
      return new ReadMap(Arrays.copyOf(starts, count), Arrays.copyOf(ends, count));
    }

    private @Nullable String next(BufferedReader lines) throws IOException {
      String line;
      do {
        line = line(lines);
        number++;
      } while (line != null && (line.isBlank() || line.strip().startsWith("#")));
      return line == null ? null : line.strip();
    }

    /** Reads a line as long as one may be: an image taken for a map can be a single one. */
    private @Nullable String line(BufferedReader lines) throws IOException {
      StringBuilder line = new StringBuilder();
      int next = lines.read();
      if (next < 0) {
        return null;
      }
      for (; next >= 0 && next != '\n'; next = lines.read()) {
        line.append((char) next);
        check(line.length() <= LONGEST_LINE, "too long for a line", line.toString());
      }
      return line.toString();
    }

    private void block(long offset, long length, String status, String line) {
      check(
          offset >= position && length > 0 && length <= Long.MAX_VALUE - offset,
          "a block that begins before the end of the one above, or is too long",
          line);
      check(
          status.length() == 1 && STATUSES.contains(status),
          "no status of a block (" + STATUSES + ")",
          line);
      check(number <= MOST_BLOCKS, "too many blocks", line);
      position = offset + length;
      if (!status.equals("+")) {
        return;
      }
      if (count > 0 && ends[count - 1] == offset) {
        ends[count - 1] = position;
        return;
      }
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, 2 * count);
        ends = Arrays.copyOf(ends, 2 * count);
      }
      starts[count] = offset;
      ends[count++] = position;
    }

    private static long number(String word) {
      try {
        return Long.decode(word);
      } catch (NumberFormatException _) {
        return -1;
      }
    }

    private void check(boolean good, String fault, String line) {
      if (!good) {
        throw new UnsupportedImageException(
            path,
            "line %d is %s of a ddrescue mapfile: '%s'"
                .formatted(
                    number,
                    fault,
                    line.substring(0, Math.min(80, line.length())).replaceAll("\\p{Cntrl}", "?")));
      }
    }
  }

  /**
   * {@return the end of the stretch, read or not, in which a byte lies}
   *
   * @param offset of the byte
   */
  long stretchEnd(long offset) {
    int i = rangeAt(offset);
    if (i >= 0 && offset < ends[i]) {
      return ends[i];
    }
    return i + 1 < starts.length ? starts[i + 1] : Long.MAX_VALUE;
  }

  /** {@return whether a byte was read} */
  boolean wasRead(long offset) {
    int i = rangeAt(offset);
    return i >= 0 && offset < ends[i];
  }

  /** The last range that does not begin behind a byte, or -1. */
  private int rangeAt(long offset) {
    int found = Arrays.binarySearch(starts, offset);
    return found >= 0 ? found : -found - 2;
  }

  /** {@return an image as far as it was read; closing it closes the image} */
  public BlockSource over(BlockSource image) {
    return new MappedSource(image, this);
  }
}
