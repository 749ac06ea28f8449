package org.dmsalvage.repair.plan;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ForwardingSource;

/** An image as it is with some actions done. Closing it leaves the image open. */
public final class PatchedSource extends ForwardingSource {

  /** New bytes by their offset; they do not overlap. */
  private final NavigableMap<Long, byte[]> patches = new TreeMap<>();

  /**
   * Changes a view of an whole.
   *
   * @param image as it is
   * @param actions on this image, in their order; of several for one byte the last one counts
   */
  public PatchedSource(BlockSource image, Iterable<Action> actions) {
    super(image);
    for (Action action : actions) {
      put(action.offset(), action.after());
    }
  }

  private void put(long offset, byte[] bytes) {
    long end = offset + bytes.length;
    Map.Entry<Long, byte[]> other = patches.lowerEntry(end);
    while (other != null && end(other) > offset) {
      long start = other.getKey();
      byte[] old = other.getValue();
      patches.remove(start);
      if (start < offset) {
        patches.put(start, Arrays.copyOfRange(old, 0, (int) (offset - start)));
      }
      if (start + old.length > end) {
        patches.put(end, Arrays.copyOfRange(old, (int) (end - start), old.length));
      }
      other = patches.lowerEntry(end);
    }
    patches.put(offset, bytes);
  }

  private static long end(Map.Entry<Long, byte[]> patch) {
    return patch.getKey() + patch.getValue().length;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int start = target.position();
    int length = target.remaining();
    if (covered(offset, offset + length)) {
      target.position(start + length);
    } else {
      whole.read(offset, target);
    }
    Map.Entry<Long, byte[]> patch = patches.lowerEntry(offset + length);
    while (patch != null && end(patch) > offset) {
      long from = Math.max(offset, patch.getKey());
      long to = Math.min(offset + length, end(patch));
      int source = (int) (from - patch.getKey());
      target.put(start + (int) (from - offset), patch.getValue(), source, (int) (to - from));
      patch = patches.lowerEntry(patch.getKey());
    }
  }

  /** Whether the image is not needed: then it does not matter that it cannot be read there. */
  private boolean covered(long from, long to) {
    long end = to;
    Map.Entry<Long, byte[]> patch = patches.lowerEntry(end);
    while (patch != null && end > from && end(patch) >= end) {
      end = patch.getKey();
      patch = patches.lowerEntry(end);
    }
    return end <= from;
  }

  @Override
  public long nextData(long offset) {
    Map.Entry<Long, byte[]> before = patches.floorEntry(offset);
    if (before != null && end(before) > offset) {
      return offset;
    }
    Long behind = patches.ceilingKey(offset);
    long data = whole.nextData(offset);
    return behind == null ? data : Math.min(behind, data);
  }

  @Override
  public long nextHole(long offset) {
    long hole = whole.nextHole(offset);
    Map.Entry<Long, byte[]> patch = patches.floorEntry(hole);
    while (patch != null && end(patch) > hole && hole < size()) {
      hole = whole.nextHole(end(patch));
      patch = patches.floorEntry(hole);
    }
    return hole;
  }

  /** Does nothing: whoever opened the image closes it. */
  @Override
  public void close() {}
}
