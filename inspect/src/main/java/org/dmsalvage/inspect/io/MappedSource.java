package org.dmsalvage.inspect.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * An image of which a {@link ReadMap} says what was read from the disk: the rest is unreadable,
 * although the image has zeros there. Closing it closes the whole.
 */
final class MappedSource extends ForwardingSource {

  private final ReadMap map;

  MappedSource(BlockSource image, ReadMap map) {
    super(image);
    this.map = map;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    long end = offset + target.remaining();
    if (offset < end && !(map.wasRead(offset) && map.stretchEnd(offset) >= end)) {
      throw new UnreadableException(
          name(),
          offset,
          target.remaining(),
          new IOException("the map says that not all of it was read from the disk"));
    }
    whole.read(offset, target);
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    List<ByteRange> unreadable = new ArrayList<>();
    int limit = target.limit();
    long at = offset;
    while (target.position() < limit) {
      int length = (int) Math.min(limit - target.position(), map.stretchEnd(at) - at);
      if (map.wasRead(at)) {
        target.limit(target.position() + length);
        unreadable.addAll(whole.readAround(at, target));
        target.limit(limit);
      } else {
        for (int i = 0; i < length; i++) {
          target.put((byte) 0);
        }
        unreadable.add(new ByteRange(at, length));
      }
      at += length;
    }
    return ByteRange.joined(unreadable);
  }

  @Override
  public long nextData(long offset) {
    if (offset >= size() || !map.wasRead(offset)) {
      return Math.min(offset, size());
    }
    return Math.min(Math.min(whole.nextData(offset), map.stretchEnd(offset)), size());
  }

  /** {@return the next hole that was read as such} */
  @Override
  public long nextHole(long offset) {
    long hole = offset;
    while (hole < size()) {
      hole = map.wasRead(hole) ? hole : Math.min(map.stretchEnd(hole), size());
      if (hole < size()) {
        hole = whole.nextHole(hole);
      }
      if (hole >= size() || map.wasRead(hole)) {
        return Math.min(hole, size());
      }
    }
    return size();
  }
}
