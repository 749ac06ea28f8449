package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/**
 * The contents of an image as they are looked at, a page at a time: what is not at hand yet is read
 * by another thread, the page that was wanted last first.
 *
 * <p>Used by the thread of the user interface alone.
 */
public final class Pages {

  /** Bytes of a page. */
  public static final int BYTES = 1 << 14;

  /** What {@link #byteAt} gives for a byte that is still being read. */
  public static final int PENDING = -1;

  /** What {@link #byteAt} gives for a byte that cannot be read. */
  public static final int UNREADABLE = -2;

  private static final int KEPT = 512;

  /** Wishes beyond these are forgotten, the oldest first: the user has scrolled past them. */
  private static final int WAITING = 24;

  private static final class Page {
    final byte[] bytes;
    final List<ByteRange> unreadable;

    Page(byte[] bytes, List<ByteRange> unreadable) {
      this.bytes = bytes;
      this.unreadable = unreadable;
    }
  }

  private final BlockSource source;
  private final Executor reader;
  private final Executor ui;
  private final Map<Long, Page> pages =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Page> eldest) {
          return size() > KEPT;
        }
      };
  private final Deque<Long> wanted = new ArrayDeque<>();
  private final List<Runnable> listeners = new ArrayList<>();
  private boolean reading;
  private int written;

  /**
   * Makes an empty set of pages.
   *
   * @param source what is read
   * @param reader runs what reads
   * @param ui runs what touches this object
   */
  public Pages(BlockSource source, Executor reader, Executor ui) {
    this.source = source;
    this.reader = reader;
    this.ui = ui;
  }

  /** Has something called whenever further bytes have arrived. */
  public void onArrival(Runnable listener) {
    listeners.add(listener);
  }

  /** {@return a number that is another one once the image has been written} */
  public int contents() {
    return written;
  }

  /** Forgets everything, as the image has been written. */
  public void forget() {
    pages.clear();
    written++;
    listeners.forEach(Runnable::run);
  }

  /**
   * {@return a byte, 0 … 255, or {@link #PENDING} or {@link #UNREADABLE}} Whatever is not at hand
   * will be read.
   */
  public int byteAt(long offset) {
    long number = offset / BYTES;
    Page page = pages.get(number);
    if (page == null) {
      want(number);
      return PENDING;
    }
    for (ByteRange range : page.unreadable) {
      if (offset >= range.offset() && offset < range.end()) {
        return UNREADABLE;
      }
    }
    return Byte.toUnsignedInt(page.bytes[(int) (offset % BYTES)]);
  }

  /**
   * {@return the bytes of a range; null while some are still being read or if they cannot be read}
   *
   * @param range a range inside the image, of a few pages at most
   */
  public byte @Nullable [] bytes(ByteRange range) {
    byte[] bytes = new byte[Math.toIntExact(range.length())];
    boolean complete = true;
    long at = range.offset();
    while (at < range.end()) {
      long number = at / BYTES;
      Page page = pages.get(number);
      int n = (int) (Math.min(range.end(), (number + 1) * BYTES) - at);
      if (page == null) {
        want(number);
        complete = false;
      } else {
        ByteRange piece = new ByteRange(at, n);
        complete &= page.unreadable.stream().noneMatch(piece::intersects);
        System.arraycopy(page.bytes, (int) (at % BYTES), bytes, (int) (at - range.offset()), n);
      }
      at += n;
    }
    return complete ? bytes : null;
  }

  private void want(long number) {
    if (!wanted.contains(number)) {
      wanted.addLast(number);
      if (wanted.size() > WAITING) {
        wanted.removeFirst();
      }
    }
    readNext();
  }

  private void readNext() {
    if (reading || wanted.isEmpty()) {
      return;
    }
    reading = true;
    long number = wanted.peekLast();
    int before = written;
    reader.execute(
        () -> {
          Page page = read(number);
          ui.execute(() -> arrived(number, page, before));
        });
  }

  private Page read(long number) {
    long from = number * BYTES;
    int length = (int) Math.min(BYTES, source.size() - from);
    ByteBuffer buffer = ByteBuffer.allocate(length);
    try {
      return new Page(buffer.array(), source.readAround(from, buffer));
    } catch (SalvageException | IllegalStateException _) {
      return new Page(buffer.array(), List.of(new ByteRange(from, length)));
    }
  }

  private void arrived(long number, Page page, int before) {
    reading = false;
    if (before == written) {
      wanted.remove(number);
      pages.put(number, page);
    }
    listeners.forEach(Runnable::run);
    readNext();
  }
}
