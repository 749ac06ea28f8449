package org.dmsalvage.replay.writeboost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.replay.recovery.LoggedVersions;
import org.dmsalvage.replay.writeboost.OverlayDevice.Shown;

/** The versions of each sector in the segments that a replay looked at. */
final class CopyVersions implements LoggedVersions {

  private static final int BLOCK_SECTORS = 8;

  private final OverlayDevice device;
  private final BlockVersions versions;
  private final BackingEvidence evidence;
  private final boolean laps;

  CopyVersions(OverlayDevice device, BackingEvidence evidence) {
    this.device = device;
    this.versions = device.view().versions();
    this.evidence = evidence;
    this.laps = versions.segments().table().convention() == Convention.LAPS;
  }

  @Override
  public boolean proves() {
    return evidence.any();
  }

  @Override
  public List<Version> of(long sector) {
    AddressIndex blocks = versions.blocks();
    long block = sector / BLOCK_SECTORS;
    int inBlock = (int) (sector % BLOCK_SECTORS);
    int from = blocks.lowerBound(block);
    if (from == blocks.size() || blocks.address(from) != block) {
      return List.of();
    }
    int to = blocks.nextAddress(from);
    int[] shown = new int[BLOCK_SECTORS];
    device.view().resolve(from, to, shown);
    int winner = shown[inBlock];
    List<Version> found = new ArrayList<>();
    for (long order : newestFirst(from, to, inBlock)) {
      add(found, block, sector, (int) order, winner);
    }
    return found;
  }

  /** The copies that cover a sector: those that count in their order, then the others. */
  private long[] newestFirst(int from, int to, int inBlock) {
    long[] orders = new long[to - from];
    int count = 0;
    for (int position = from; position < to; position++) {
      int copy = versions.blocks().ordinal(position);
      int bits = versions.dirtyBits(copy);
      boolean clean = bits == 0 && !laps;
      if (clean || (bits >> inBlock & 1) != 0) {
        int rank = device.view().rank(versions.segmentOf(copy));
        // Negated, so that the newest comes first; the low half gives the copy back.
        orders[count++] = -((long) rank << 32) + copy;
      }
    }
    long[] sorted = Arrays.copyOf(orders, count);
    Arrays.sort(sorted);
    return sorted;
  }

  private void add(List<Version> found, long block, long sector, int copy, int winner) {
    Shown place = device.place(sector, copy);
    if (place.place() == OverlayDevice.Place.ZEROS) {
      return;
    }
    LogSegments segments = versions.segments();
    int segment = versions.segmentOf(copy);
    int rank = device.view().rank(segment);
    boolean clean = versions.dirtyBits(copy) == 0;
    found.add(
        new Version(
            device.image(place.place()),
            place.offset(),
            segments.fromPlog(segment) ? "plog of segment id" : "segment id",
            segments.id(segment),
            age(copy, winner, rank, segments.id(segment)),
            clean && rank > 0 && evidence.holds(rank, block)));
  }

  /**
   * Segments that do not count are newer only if that is why they do not: the ids of those that
   * were left out for another reason are not to be trusted.
   */
  private Age age(int copy, int winner, int rank, long id) {
    if (copy == winner || winner == LogView.BELOW) {
      return copy == winner ? Age.SHOWN : Age.OLDER;
    }
    int winning = versions.segmentOf(winner);
    int winningRank = device.view().rank(winning);
    boolean newer =
        rank > 0
            ? rank > winningRank || (rank == winningRank && copy > winner)
            : evidence.pointInTime()
                && Long.compareUnsigned(id, versions.segments().id(winning)) > 0;
    return newer ? Age.NEWER : Age.OLDER;
  }
}
