package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
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
    while (a < ours.size() || b < theirs.size()) {
      long block =
          Math.min(
              a < ours.size() ? ours.address(a) : Long.MAX_VALUE,
              b < theirs.size() ? theirs.address(b) : Long.MAX_VALUE);
      a = skip(ours, a, block);
      b = skip(theirs, b, block);
      block(block, joiner);
    }
    joiner.flush();
  }

  private static int skip(AddressIndex index, int position, long address) {
    return position < index.size() && index.address(position) == address
        ? index.nextAddress(position)
        : position;
  }

  private void block(long block, Joiner joiner) {
    long first = block * BLOCK_SECTORS;
    int count = (int) Math.min(BLOCK_SECTORS, salvage.size() / SECTOR - first);
    if (count <= 0) {
      return;
    }
    OverlayDevice.Shown[] ours = salvage.shown(first, count);
    OverlayDevice.Shown[] theirs = driver.shown(first, count);
    for (int i = 0; i < count; i++) {
      if (!ours[i].sameBytes(theirs[i]) && !equal(first + i)) {
        joiner.add(first + i, salvage.describe(ours[i]), driver.describe(theirs[i]));
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
