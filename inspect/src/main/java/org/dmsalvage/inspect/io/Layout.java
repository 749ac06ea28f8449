package org.dmsalvage.inspect.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where the bytes of a volume lie on images: a linear volume is a row of runs with one stripe each,
 * a striped one deals its chunks out to the stripes in turn.
 *
 * <pre>
 * volume    | run 0, one stripe | run 1, two stripes: a0 b0 a1 b1 a2 b2 |
 * image 0       ^                               a0 a1 a2
 * image 1                                       b0 b1 b2
 * </pre>
 */
public final class Layout {

  /** Image of a stripe whose device is not among the images. */
  public static final int MISSING = -1;

  private final List<Run> runs;
  private final long size;

  /**
   * A part of an image that holds every n-th chunk of a run.
   *
   * @param image index of the image, or {@link #MISSING}
   * @param offset where the part begins in the image, in bytes
   */
  public record Stripe(int image, long offset) {
    /** Checks the offset. */
    public Stripe {
      if (offset < 0) {
        throw new IllegalArgumentException("stripe at " + offset);
      }
    }
  }

  /**
   * A part of the volume with one rule.
   *
   * @param start first byte in the volume
   * @param length bytes, more than 0
   * @param chunk bytes that a stripe holds before the next one follows, more than 0
   * @param stripes at least one
   */
  public record Run(long start, long length, long chunk, List<Stripe> stripes) {
    /**
     * Checks the numbers and keeps a copy of the stripes.
     *
     * @throws ArithmeticException if a part would end behind 2^63-1
     */
    public Run {
      stripes = List.copyOf(stripes);
      if (start < 0 || length <= 0 || start + length < 0 || chunk <= 0 || stripes.isEmpty()) {
        throw new IllegalArgumentException("run " + start + "+" + length + " by " + chunk);
      }
      long row = stripes.size() == 1 ? 0 : Math.multiplyExact(chunk, (long) stripes.size());
      for (Stripe stripe : stripes) {
        long _ = Math.addExact(Math.addExact(stripe.offset, length), row);
      }
    }

    /** {@return the first byte behind the run} */
    public long end() {
      return start + length;
    }

    /**
     * {@return bytes of the run that a stripe holds}
     *
     * @param stripe index of the stripe
     */
    public long held(int stripe) {
      if (stripes.size() == 1) {
        return length;
      }
      long row = chunk * stripes.size();
      return length / row * chunk + Math.clamp(length % row - stripe * chunk, 0, chunk);
    }

    /** {@return where in the run a byte of a stripe stands} */
    long position(int stripe, long inStripe) {
      return stripes.size() == 1
          ? inStripe
          : (inStripe / chunk * stripes.size() + stripe) * chunk + inStripe % chunk;
    }

    /**
     * {@return the first byte of a stripe that does not stand before a position in the run; may lie
     * behind its end}
     */
    long firstFrom(int stripe, long position) {
      if (stripes.size() == 1) {
        return position;
      }
      long number = position / chunk;
      long row = number / stripes.size();
      int at = (int) (number % stripes.size());
      if (at == stripe) {
        return row * chunk + position % chunk;
      }
      return (at < stripe ? row : row + 1) * chunk;
    }
  }

  /**
   * Bytes of the volume that follow each other on one image.
   *
   * @param start first byte in the volume
   * @param length bytes
   * @param image index of the image, or {@link #MISSING}
   * @param offset first byte in the image
   */
  public record Piece(long start, long length, int image, long offset) {}

  /** Receives pieces. */
  @FunctionalInterface
  public interface Pieces {
    /** Takes a piece. */
    void piece(Piece piece);
  }

  /**
   * Makes a layout.
   *
   * @param runs in the order of the volume, without gaps
   * @throws IllegalArgumentException if one does not begin where the one before it ends
   */
  public Layout(List<Run> runs) {
    this.runs = List.copyOf(runs);
    long end = 0;
    for (Run run : runs) {
      if (run.start != end) {
        throw new IllegalArgumentException("run at " + run.start + " behind " + end);
      }
      end = run.end();
    }
    this.size = end;
  }

  /** {@return the layout of a window into one image; without runs if it is empty} */
  public static Layout window(int image, long offset, long length) {
    return new Layout(
        length == 0
            ? List.of()
            : List.of(new Run(0, length, length, List.of(new Stripe(image, offset)))));
  }

  /** {@return the size of the volume in bytes} */
  public long size() {
    return size;
  }

  /** {@return the runs, in the order of the volume} */
  public List<Run> runs() {
    return runs;
  }

  /** {@return the images that hold a part of the volume, ascending, without {@link #MISSING}} */
  public List<Integer> images() {
    return runs.stream()
        .flatMap(run -> run.stripes.stream())
        .map(Stripe::image)
        .filter(image -> image != MISSING)
        .distinct()
        .sorted()
        .toList();
  }

  /** {@return whether a part of the volume is on no image} */
  public boolean incomplete() {
    return runs.stream().anyMatch(run -> run.stripes.stream().anyMatch(s -> s.image == MISSING));
  }

  /** Index of the run that holds a byte. */
  int runAt(long offset) {
    int low = 0;
    int high = runs.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (runs.get(middle).start <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /**
   * {@return the piece that begins at a byte and goes on as far as its image does without a gap}
   *
   * @param offset 0 … size - 1
   */
  public Piece pieceAt(long offset) {
    Objects.checkIndex(offset, size);
    Run run = runs.get(runAt(offset));
    long position = offset - run.start;
    long number = position / run.chunk;
    int count = run.stripes.size();
    Stripe stripe = run.stripes.get((int) (number % count));
    long inChunk = position % run.chunk;
    long inStripe = count == 1 ? position : number / count * run.chunk + inChunk;
    long length = count == 1 ? run.length - position : run.chunk - inChunk;
    return new Piece(
        offset, Math.min(length, run.end() - offset), stripe.image, stripe.offset + inStripe);
  }

  /** Gives the pieces of a range of the volume, ascending. */
  public void forEachPiece(long from, long to, Pieces sink) {
    for (long at = from; at < to; ) {
      Piece piece = pieceAt(at);
      long length = Math.min(piece.length, to - at);
      sink.piece(new Piece(at, length, piece.image, piece.offset));
      at += length;
    }
  }

  /**
   * {@return the pieces of a range of an image that belong to the volume, in the order of the
   * image}
   *
   * @param image index of the image
   * @param from first byte in the image
   * @param to behind the last one
   */
  public List<Piece> onImage(int image, long from, long to) {
    List<Piece> pieces = new ArrayList<>();
    for (Run run : runs) {
      for (int s = 0; s < run.stripes.size(); s++) {
        Stripe stripe = run.stripes.get(s);
        if (stripe.image == image) {
          long first = Math.max(from - stripe.offset, 0);
          long last = Math.min(to - stripe.offset, run.held(s));
          while (first < last) {
            long start = run.start + run.position(s, first);
            long length =
                run.stripes.size() == 1
                    ? last - first
                    : Math.min(run.chunk - first % run.chunk, last - first);
            pieces.add(new Piece(start, length, image, stripe.offset + first));
            first += length;
          }
        }
      }
    }
    pieces.sort((a, b) -> Long.compare(a.offset, b.offset));
    return pieces;
  }

  /**
   * {@return the same volume on images of which one is a window into a greater one}
   *
   * @param shifts for each image where its window begins
   */
  public Layout shifted(long[] shifts) {
    List<Run> shifted = new ArrayList<>();
    for (Run run : runs) {
      List<Stripe> stripes =
          run.stripes.stream()
              .map(
                  s ->
                      s.image == MISSING
                          ? s
                          : new Stripe(s.image, Math.addExact(s.offset, shifts[s.image])))
              .toList();
      shifted.add(new Run(run.start, run.length, run.chunk, stripes));
    }
    return new Layout(shifted);
  }
}
