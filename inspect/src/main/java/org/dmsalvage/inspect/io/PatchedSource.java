package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Another source with single bytes changed; the source itself stays as it is. Closing it closes the
 * other.
 */
public final class PatchedSource extends ForwardingSource {

  /** Ascending. */
  private final long[] offsets;

  private final byte[] values;

  /**
   * Changes bytes.
   *
   * @param whole the source that is patched
   * @param changes what to show instead, in any order; at most one for each offset counts
   * @throws IndexOutOfBoundsException if a change is not inside the source
   */
  public PatchedSource(BlockSource whole, Collection<ByteChange> changes) {
    super(whole);
    List<ByteChange> sorted =
        changes.stream().sorted(Comparator.comparingLong(ByteChange::offset)).toList();
    this.offsets = sorted.stream().mapToLong(ByteChange::offset).toArray();
    this.values = new byte[offsets.length];
    for (int i = 0; i < values.length; i++) {
      if (offsets[i] < 0 || offsets[i] >= whole.size()) {
        throw new IndexOutOfBoundsException(whole.name() + ": " + sorted.get(i));
      }
      values[i] = (byte) sorted.get(i).right();
    }
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int start = target.position();
    int length = target.remaining();
    whole.read(offset, target);
    for (int i = firstFrom(offset); i < offsets.length && offsets[i] < offset + length; i++) {
      target.put(start + (int) (offsets[i] - offset), values[i]);
    }
  }

  /** The first change that does not stand before an offset. */
  private int firstFrom(long offset) {
    int found = Arrays.binarySearch(offsets, offset);
    while (found > 0 && offsets[found - 1] == offset) {
      found--;
    }
    return found >= 0 ? found : -found - 1;
  }

  private long nextChange(long offset) {
    int next = firstFrom(offset);
    return next < offsets.length ? offsets[next] : size();
  }

  @Override
  public long nextData(long offset) {
    return Math.min(whole.nextData(offset), nextChange(offset));
  }

  @Override
  public long nextHole(long offset) {
    long hole = whole.nextHole(offset);
    while (hole < size() && nextChange(hole) == hole) {
      hole = whole.nextHole(hole + 1);
    }
    return hole;
  }
}
