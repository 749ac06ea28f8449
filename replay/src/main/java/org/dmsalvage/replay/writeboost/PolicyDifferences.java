package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;

/**
 * Where two views of one cache hold different bytes. Reads only blocks that come from different
 * places.
 */
final class PolicyDifferences implements Differences {

  private static final int BLOCK_SECTORS = 8;
  private static final int SECTOR = OverlayDevice.SECTOR_BYTES;

  private final OverlayDevice salvage;
  private final OverlayDevice driver;

  PolicyDifferences(OverlayDevice salvage, OverlayDevice driver) {
    this.salvage = salvage;
    this.driver = driver;
  }

  @Override
  public void forEach(Visitor visitor) {
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
        joiner.add(first + i, salvage.describe(ours), driver.describe(theirs));
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

  /** Joins sectors that continue each other for the same reason. */
  private static final class Joiner {
    private final Visitor visitor;
    private long start;
    private long count;
    private String salvage = "";
    private String driver = "";

    Joiner(Visitor visitor) {
      this.visitor = visitor;
    }

    void add(long sector, String ours, String theirs) {
      if (count > 0 && start + count == sector && salvage.equals(ours) && driver.equals(theirs)) {
        count++;
        return;
      }
      flush();
      start = sector;
      count = 1;
      salvage = ours;
      driver = theirs;
    }

    void flush() {
      if (count > 0) {
        visitor.range(start * SECTOR, count * SECTOR, salvage, driver);
      }
      count = 0;
    }
  }
}
