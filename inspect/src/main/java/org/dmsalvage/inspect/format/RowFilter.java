package org.dmsalvage.inspect.format;

import java.util.Set;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a list are wanted.
 *
 * @param image only structures that touch these bytes of the image; null for all
 * @param address only structures that hold any of these bytes of the logical device; null for all
 * @param states only structures in one of these states; empty for all
 */
public record RowFilter(
    @Nullable ByteRange image, @Nullable ByteRange address, Set<String> states) {

  /** Everything. */
  public static final RowFilter ALL = new RowFilter(null, null, Set.of());

  /** Keeps a copy of the states. */
  public RowFilter {
    states = Set.copyOf(states);
  }

  /** {@return whether a structure in these bytes of the image is wanted} */
  public boolean wantsImage(long offset, long length) {
    return image == null || (offset < image.end() && image.offset() < offset + length);
  }

  /** {@return whether a structure that holds these bytes of the logical device is wanted} */
  public boolean wantsAddress(long offset, long length) {
    return address == null || (offset < address.end() && address.offset() < offset + length);
  }

  /** {@return whether a structure in this state is wanted} */
  public boolean wantsState(String state) {
    return states.isEmpty() || states.contains(state);
  }
}
