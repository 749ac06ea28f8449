package org.dmsalvage.replay.recovery;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;

/**
 * A replayed cache.
 *
 * @param logical the logical device, readable at random; absent when the driver would give none
 * @param report what was applied and what was not
 */
public record Recovery(Optional<LogicalDevice> logical, ReplayReport report) {

  /** The logical device, put together from its sources as it is read. */
  public interface LogicalDevice extends BlockSource {

    /**
     * Says where a sector comes from.
     *
     * @param sector address on the logical device, in sectors
     */
    Origin originOf(long sector);

    /**
     * {@return whether the replay has read all bytes that come from the cache, so that its report
     * lists what of them cannot be read}
     */
    default boolean dataWasRead() {
      return false;
    }

    /** Receives the parts of the device that do not come from the backing device. */
    void forEachRun(RunVisitor visitor);

    /**
     * Gives the same parts with what is known of the copies that show, cut where these differ.
     *
     * <p>Unless a device knows more, nothing but the place is known.
     */
    default void forEachVersion(VersionVisitor visitor) {
      forEachRun(
          (offset, length, origin) -> {
            if (origin instanceof Origin.Cached place) {
              visitor.version(
                  offset,
                  length,
                  new Version(place, length, false, OptionalLong.empty(), Standing.DIRTY));
            }
          });
    }

    /**
     * {@return what else the cache holds; empty if this is no cache over a backing device}
     *
     * @param progress told about bytes read
     */
    default Optional<LoggedVersions> logged(Progress progress) {
      return Optional.empty();
    }
  }

  /** Receives runs in ascending order of address. */
  @FunctionalInterface
  public interface RunVisitor {

    /**
     * Takes a run whose bytes come from one place.
     *
     * @param offset first byte on the logical device
     * @param length bytes
     * @param origin where the first byte comes from; the others follow it there, except in an
     *     extent that is decompressed
     */
    void run(long offset, long length, Origin origin);
  }

  /** Receives versions in ascending order of address. */
  @FunctionalInterface
  public interface VersionVisitor {

    /**
     * Takes a range that one copy shows.
     *
     * @param offset first byte on the logical device
     * @param length bytes
     * @param version what shows there
     */
    void version(long offset, long length, Version version);
  }

  /**
   * A copy in the cache or on the plog device, or a part of it.
   *
   * @param place where it stands
   * @param storedBytes how many bytes it takes there
   * @param compressed whether these have to be decompressed as a whole
   * @param id of the segment (writeboost) or its sequence count (writecache), unsigned; empty where
   *     there is none (insitu)
   * @param standing what the cache says of it
   */
  public record Version(
      Origin.Cached place,
      long storedBytes,
      boolean compressed,
      OptionalLong id,
      Standing standing) {}

  /** What a cache says of a copy. */
  public enum Standing {
    /** It was written, and the backing device may lack it. */
    DIRTY,
    /** The backing device had the same when it was stored: it was read, not written. */
    CLEAN,
    /** It was never committed, and shows because that was asked for. */
    UNCOMMITTED;

    /** {@return the word of lists} */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where a sector of the logical device comes from. */
  public sealed interface Origin {

    /** The backing device, at the same address. */
    record Backing() implements Origin {}

    /** Nothing is known of the sector, or it was never written: it reads as zeros. */
    record Zeros() implements Origin {}

    /**
     * A place in the cache or plog image.
     *
     * @param image name of the image
     * @param offset byte offset there; for a compressed extent, of its payload
     */
    record Cached(String image, long offset) implements Origin {}
  }
}
