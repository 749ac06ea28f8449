package org.dmsalvage.replay.writeboost;

import java.util.OptionalLong;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.Standing;
import org.dmsalvage.replay.recovery.Recovery.Version;
import org.dmsalvage.replay.recovery.Recovery.VersionVisitor;

/** Joins sectors that continue each other in one segment and are all clean or all dirty. */
final class VersionJoiner {

  private static final int SECTOR = OverlayDevice.SECTOR_BYTES;

  private final OverlayDevice device;
  private final BlockVersions versions;
  private final VersionVisitor visitor;
  private long start;
  private long count;
  private OverlayDevice.Shown first = new OverlayDevice.Shown(0, OverlayDevice.Place.ZEROS, 0);
  private int copy = LogView.BELOW;
  private int segment;
  private boolean clean;
  private int heldSegment;
  private boolean heldClean;

  VersionJoiner(OverlayDevice device, VersionVisitor visitor) {
    this.device = device;
    this.versions = device.view().versions();
    this.visitor = visitor;
  }

  /** Adds a sector, behind all others, that shows a copy. */
  void add(long sector, OverlayDevice.Shown shown) {
    if (shown.copy() != copy) {
      copy = shown.copy();
      segment = versions.segmentOf(copy);
      clean = versions.dirtyBits(copy) == 0;
    }
    boolean continues =
        count > 0
            && start + count == sector
            && shown.place() == first.place()
            && shown.offset() == first.offset() + count * SECTOR
            && segment == heldSegment
            && clean == heldClean;
    if (!continues) {
      flush();
      start = sector;
      first = shown;
      heldSegment = segment;
      heldClean = clean;
    }
    count++;
  }

  /** Hands over what is held. */
  void flush() {
    if (count > 0 && device.origin(first.place(), first.offset()) instanceof Origin.Cached place) {
      long offset = start * SECTOR;
      long length = Math.min(count * SECTOR, device.size() - offset);
      OptionalLong id = OptionalLong.of(versions.segments().id(heldSegment));
      visitor.version(
          offset,
          length,
          new Version(place, length, false, id, heldClean ? Standing.CLEAN : Standing.DIRTY));
    }
    count = 0;
  }
}
