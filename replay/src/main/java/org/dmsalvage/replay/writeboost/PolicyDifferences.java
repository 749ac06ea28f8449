package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;
import org.jspecify.annotations.Nullable;

/**
 * Where two views of one cache hold different bytes. Reads only blocks that come from different
 * places.
 */
final class PolicyDifferences implements Differences {

  private static final int BLOCK_SECTORS = 8;
  private static final int SECTOR = OverlayDevice.SECTOR_BYTES;

  private final OverlayDevice salvage;
  private final OverlayDevice driver;

  private final Causes causes;

  /**
   * Compares.
   *
   * @param salvage what salvage shows
   * @param driver what the driver shows
   * @param causes knows why they differ
   */
  PolicyDifferences(OverlayDevice salvage, OverlayDevice driver, Causes causes) {
    this.salvage = salvage;
    this.driver = driver;
    this.causes = causes;
  }

  /** Tells why a driver shows something else. */
  @FunctionalInterface
  interface Causes {
    /**
     * Explains a sector.
     *
     * @param ours what salvage shows there
     * @param theirs what the driver shows there, from another place
     */
    Cause of(OverlayDevice.Shown ours, OverlayDevice.Shown theirs);
  }

  /**
   * Why a driver shows something else.
   *
   * @param kind what that does to the data
   * @param rule the rule that leads to it
   */
  record Cause(Difference.Kind kind, @Nullable Rule rule) {}

  @Override
  public void explain(Explanation visitor) {
    AddressIndex ours = salvage.view().versions().blocks();
    AddressIndex theirs = driver.view().versions().blocks();
    Joiner joiner = new Joiner(visitor);
    int a = 0;
    int b = 0;
    int[] oursShown = new int[BLOCK_SECTORS];
    int[] theirsShown = new int[BLOCK_SECTORS];
    boolean sameCopies = salvage.view().versions() == driver.view().versions();
    while (a < ours.size() || b < theirs.size()) {
      long block =
          Math.min(
              a < ours.size() ? ours.address(a) : Long.MAX_VALUE,
              b < theirs.size() ? theirs.address(b) : Long.MAX_VALUE);
      int nextA = skip(ours, a, block);
      int nextB = skip(theirs, b, block);
      salvage.view().resolve(a, nextA, oursShown);
      driver.view().resolve(b, nextB, theirsShown);
      if (!sameCopies || !Arrays.equals(oursShown, theirsShown)) {
        block(block * BLOCK_SECTORS, oursShown, theirsShown, joiner);
      }
      a = nextA;
      b = nextB;
    }
    joiner.flush();
  }

  private static int skip(AddressIndex index, int position, long address) {
    return position < index.size() && index.address(position) == address
        ? index.nextAddress(position)
        : position;
  }

  private void block(long first, int[] oursShown, int[] theirsShown, Joiner joiner) {
    long count = Math.min(BLOCK_SECTORS, salvage.size() / SECTOR - first);
    for (int i = 0; i < count; i++) {
      OverlayDevice.Shown ours = salvage.place(first + i, oursShown[i]);
      OverlayDevice.Shown theirs = driver.place(first + i, theirsShown[i]);
      if (!ours.sameBytes(theirs) && !equal(first + i)) {
        Cause cause = causes.of(ours, theirs);
        joiner.add(
            first + i,
            new Difference(
                cause.kind, cause.rule, salvage.describe(ours), driver.describe(theirs)));
      }
    }
  }

  private boolean equal(long sector) {
    try {
      ByteBuffer ours = ByteBuffer.allocate(SECTOR);
      ByteBuffer theirs = ByteBuffer.allocate(SECTOR);
      salvage.read(sector * SECTOR, ours);
      driver.read(sector * SECTOR, theirs);
      return ours.flip().equals(theirs.flip());
    } catch (UnreadableException _) {
      return false;
    }
  }

  /** Joins sectors that continue each other for the same cause. */
  private static final class Joiner {
    private final Explanation visitor;
    private long start;
    private long count;
    private @Nullable Difference held;

    Joiner(Explanation visitor) {
      this.visitor = visitor;
    }

    void add(long sector, Difference difference) {
      if (start + count != sector || !difference.equals(held)) {
        flush();
        start = sector;
        held = difference;
      }
      count++;
    }

    void flush() {
      if (held != null && count > 0) {
        visitor.range(start * SECTOR, count * SECTOR, held);
      }
      count = 0;
    }
  }
}
