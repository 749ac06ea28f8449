package org.dmsalvage.gui.model;

import java.util.List;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * An image of a session.
 *
 * @param role what it is to the session
 * @param bytes its contents
 * @param root what stands where in it
 * @param pages its contents as far as they were looked at
 */
public record Source(Role role, BlockSource bytes, Structure root, Pages pages) {

  /** What an image is to its session. */
  public enum Role {
    /** The cache, or the device that compresses. */
    CACHE("cache"),
    /** The persistent log of the cache. */
    PLOG("plog"),
    /** The disk behind the cache. */
    BACKING("backing"),
    /** What cache and disk make together. */
    RECOVERED("recovered");

    private final String label;

    Role(String label) {
      this.label = label;
    }

    /** {@return the word for people} */
    public String label() {
      return label;
    }
  }

  /** {@return what people call it} */
  public String label() {
    return role == Role.CACHE && root.name().equals("insitu") ? "device" : role.label();
  }

  /** {@return the structures that hold all bytes of a range, the smallest last} */
  public List<Structure> path(ByteRange range) {
    return root.path(range.offset()).stream()
        .takeWhile(s -> s.range().offset() <= range.offset() && s.range().end() >= range.end())
        .toList();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
