package org.dmsalvage.replay.recovery;

import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;

/**
 * What a replay did and did not do.
 *
 * @param format the format
 * @param variant as the image gives it
 * @param policy whose rules decided
 * @param position where the log stands: lastFlushedId, lastWritebackId, asOf, …; in order
 * @param appliedBlocks cache blocks of which at least one sector shows on the logical device
 * @param appliedSectors sectors of the logical device that come from the cache
 * @param dropped structures that this policy does not apply although they hold data
 * @param atRisk ranges whose newest copy is damaged: an older version may show
 * @param lost ranges of which no version can be had
 * @param findings what was noticed on the way
 * @param driver what the real driver would do; present under {@link Policy#DRIVER}, and under
 *     salvage where it could be worked out
 * @param differences where the two policies disagree; empty under {@link Policy#DRIVER}
 * @param candidates blocks that do not count by themselves; present if they were asked for
 */
public record ReplayReport(
    String format,
    String variant,
    Policy policy,
    Facts position,
    long appliedBlocks,
    long appliedSectors,
    LossList dropped,
    LossList atRisk,
    LossList lost,
    Findings findings,
    Optional<DriverOutcome> driver,
    Optional<Differences> differences,
    Optional<Candidates> candidates) {

  /**
   * {@return the same, with differences that stay what they are when the images change}
   *
   * <p>Differences are worked out from the images each time somebody asks for them. Once something
   * is written there, the answer would be another one.
   */
  public ReplayReport beforeWriting() {
    return new ReplayReport(
        format,
        variant,
        policy,
        position,
        appliedBlocks,
        appliedSectors,
        dropped,
        atRisk,
        lost,
        findings,
        driver,
        differences.map(KeptDifferences::of),
        candidates);
  }

  /** Where salvage and driver disagree about the logical device. */
  public interface Differences {

    /**
     * Gives every range in ascending order, adjacent sectors with the same cause joined. The last
     * {@link #omittedRanges()} are left out.
     */
    void explain(Explanation explanation);

    /** {@return how many ranges are not given, so that the others fit into memory} */
    default long omittedRanges() {
      return 0;
    }

    /** {@return how many bytes these are} */
    default long omittedBytes() {
      return 0;
    }

    /** Gives the same ranges without their causes. */
    default void forEach(Visitor visitor) {
      explain(
          (offset, length, difference) ->
              visitor.range(offset, length, difference.salvage(), difference.driver()));
    }

    /** Receives ranges with their causes. */
    @FunctionalInterface
    interface Explanation {

      /**
       * Takes a range of the logical device.
       *
       * @param offset first byte
       * @param length bytes
       * @param difference what each side shows there, and why
       */
      void range(long offset, long length, Difference difference);
    }

    /** Receives ranges. */
    @FunctionalInterface
    interface Visitor {

      /**
       * Takes a range of the logical device.
       *
       * @param offset first byte
       * @param length bytes
       * @param salvage what salvage shows there, such as "segment id 17" or "backing device"
       * @param driver what the driver would show there
       */
      void range(long offset, long length, String salvage, String driver);
    }
  }
}
