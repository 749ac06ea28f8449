package org.dmsalvage.inspect.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * A volume whose bytes lie on several images, or scattered over one. What is on an image that is
 * not at hand, or behind the end of one that was cut off, is unreadable.
 *
 * <p>Closing it leaves the images open: other volumes may lie on them, too.
 */
public final class StitchedSource implements BlockSource {

  private final String name;
  private final Layout layout;
  private final List<BlockSource> images;

  /**
   * Stitches a volume together.
   *
   * @param name what messages call the volume
   * @param layout where its bytes lie
   * @param images what the layout's indexes mean
   */
  public StitchedSource(String name, Layout layout, List<BlockSource> images) {
    this.name = name;
    this.layout = layout;
    this.images = List.copyOf(images);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return layout.size();
  }

  /** {@return where the bytes lie} */
  public Layout layout() {
    return layout;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    int limit = target.limit();
    long at = offset;
    while (target.position() < limit) {
      Layout.Piece piece = layout.pieceAt(at);
      int length = (int) Math.min(limit - target.position(), piece.length());
      if (present(piece) < length) {
        throw new UnreadableException(name, at, length, new IOException(absence(piece)));
      }
      target.limit(target.position() + length);
      try {
        images.get(piece.image()).read(piece.offset(), target);
      } finally {
        target.limit(limit);
      }
      at += length;
    }
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    List<ByteRange> unreadable = new ArrayList<>();
    int limit = target.limit();
    long at = offset;
    while (target.position() < limit) {
      Layout.Piece piece = layout.pieceAt(at);
      int length = (int) Math.min(limit - target.position(), piece.length());
      int present = (int) Math.min(present(piece), length);
      if (present > 0) {
        target.limit(target.position() + present);
        long shift = at - piece.offset();
        for (ByteRange range : images.get(piece.image()).readAround(piece.offset(), target)) {
          unreadable.add(new ByteRange(range.offset() + shift, range.length()));
        }
        target.limit(limit);
      }
      if (present < length) {
        for (int i = present; i < length; i++) {
          target.put((byte) 0);
        }
        unreadable.add(new ByteRange(at + present, length - present));
      }
      at += length;
    }
    return ByteRange.joined(unreadable);
  }

  /** How many bytes of a piece can be read. */
  private long present(Layout.Piece piece) {
    return piece.image() == Layout.MISSING
        ? 0
        : Math.clamp(images.get(piece.image()).size() - piece.offset(), 0, piece.length());
  }

  private String absence(Layout.Piece piece) {
    return piece.image() == Layout.MISSING
        ? "it lies on a device that was not given"
        : "it lies behind the end of " + images.get(piece.image()).name();
  }

  @Override
  public long nextData(long offset) {
    return next(offset, true);
  }

  @Override
  public long nextHole(long offset) {
    return next(offset, false);
  }

  private long next(long offset, boolean data) {
    if (offset >= size()) {
      return size();
    }
    for (int i = layout.runAt(offset); i < layout.runs().size(); i++) {
      Layout.Run run = layout.runs().get(i);
      long from = Math.max(offset - run.start(), 0);
      long found = run.length();
      for (int s = 0; s < run.stripes().size(); s++) {
        found = Math.min(found, next(run, s, from, data));
      }
      if (found < run.length()) {
        return run.start() + found;
      }
    }
    return size();
  }

  /** The position in a run from which on a stripe has data, or a hole. */
  private long next(Layout.Run run, int index, long from, boolean data) {
    Layout.Stripe stripe = run.stripes().get(index);
    long held = run.held(index);
    long first = run.firstFrom(index, from);
    if (first >= held) {
      return run.length();
    }
    long present =
        stripe.image() == Layout.MISSING
            ? 0
            : Math.clamp(images.get(stripe.image()).size() - stripe.offset(), 0, held);
    long found = held;
    if (first < present) {
      BlockSource image = images.get(stripe.image());
      long at = stripe.offset() + first;
      found = (data ? image.nextData(at) : image.nextHole(at)) - stripe.offset();
    }
    if (found >= present) {
      // Nobody knows what the missing bytes are, so they are no hole.
      found = data ? Math.max(present, first) : held;
    }
    return found >= held ? run.length() : run.position(index, found);
  }

  /** Does nothing: the images belong to others. */
  @Override
  public void close() {}
}
