package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.progress.Progress;

/** What salvage makes of each slot of a cache, for whoever wants a driver to do the same. */
public final class SalvagedSegments {

  private final SalvagePlan plan;

  SalvagedSegments(SalvagePlan plan) {
    this.plan = plan;
  }

  /**
   * Decides about all slots, as a replay under the policy salvage does.
   *
   * @param images the cache, its companions and what is known of them
   * @param progress told about bytes read
   */
  public static SalvagedSegments of(OpenRequest images, Progress progress) {
    return WriteboostReplayer.segments(images, progress);
  }

  /** {@return the log, with all damage corrected that can be} */
  public LogAnalysis log() {
    return plan.analysis();
  }

  /** {@return whether the segment in a slot is applied} */
  public boolean applies(int slot) {
    return plan.verdict(slot) == SegmentVerdict.APPLY;
  }

  /** {@return what is to be reported of a slot that is not applied} */
  public WriteboostCode code(int slot) {
    return plan.verdict(slot).code();
  }

  /** {@return why a slot is not applied, a main clause} */
  public String reason(int slot) {
    return plan.verdict(slot).reason();
  }

  /** {@return the segments that are shown with bytes changed that the device has otherwise} */
  public List<SegmentCorrection> corrections() {
    return plan.corrections().corrections();
  }

  /** {@return how many plog segments contradict the sealed segment of the same id (rule P8)} */
  public int conflicts() {
    return plan.conflicting().size();
  }

  /** Receives a segment as it would stand on the cache. */
  @FunctionalInterface
  public interface RebuiltSink {
    /**
     * Takes one.
     *
     * @param id of the segment, unsigned
     * @param bytes header, metablocks and data, from the position to the limit; only valid during
     *     the call
     */
    void segment(long id, ByteBuffer bytes);
  }

  /**
   * Gives the segments that only the plog device has whole, by ascending id, ready to be written.
   */
  public void forEachRebuilt(RebuiltSink sink) {
    PlogScan plogs = plan.plogs();
    if (plogs == null) {
      return;
    }
    WriteboostGeometry geometry = log().table().geometry();
    ByteBuffer bytes = ByteBuffer.allocate(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (RebuiltSegment segment : plan.rebuilt()) {
      encode(segment, plogs, bytes);
      sink.segment(segment.id(), bytes);
    }
  }

  /** Metablocks that are lost are left out: a clean one stops the kernel (rule W20). */
  private void encode(RebuiltSegment segment, PlogScan plogs, ByteBuffer bytes) {
    Convention convention = log().table().convention();
    bytes.clear().put(new byte[bytes.capacity()]);
    int length = 0;
    for (int i = 0; i < segment.length(); i++) {
      if (segment.dirtyBits(i) == 0) {
        continue;
      }
      new Metablock(segment.sector(i), segment.dirtyBits(i))
          .encode(bytes, convention.metablockOffset(length));
      length++;
      for (int sector = 0; sector < WriteboostGeometry.BLOCK_SECTORS; sector++) {
        long place = segment.place(i, sector);
        int at = length * WriteboostGeometry.BLOCK_BYTES + sector * 512;
        if (place >= 0) {
          plogs.source().read(place, bytes.limit(at + 512).position(at));
        }
      }
    }
    bytes.limit(Convention.writtenBytes(length)).position(0);
    new SegmentHeader(segment.id(), convention.checksum(bytes), length).encode(bytes, 0);
  }
}
