package org.dmsalvage.replay.recovery;

import java.util.Optional;
import org.dmsalvage.inspect.io.BlockSource;

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

    /** Receives the parts of the device that do not come from the backing device. */
    void forEachRun(RunVisitor visitor);
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
