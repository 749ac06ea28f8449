package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.codec.Crc32cCorrection;
import org.dmsalvage.inspect.codec.Crc32cCorrection.Change;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteChange;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.PatchedSource;
import org.dmsalvage.inspect.progress.Progress;

/**
 * What can be proved about damaged plogs.
 *
 * <ul>
 *   <li>The checksum, which covers the data, fits exactly one other length: that is the length.
 *   <li>The stored checksum differs from the computed one within one byte: it is itself damaged.
 *   <li>One flipped bit, or else one changed byte, of the data makes the checksum fit. Other damage
 *       looks like that once in four thousand times at most, so that it may stand at the end of the
 *       log as well.
 *   <li>A whole plog of another id stands between two of the segment's id, or at the end of them
 *       and in no ring that explains its own id: its id is damaged. If it is the head, whose id is
 *       in the wrong place, and all that follow have one that is in place, then theirs is right.
 * </ul>
 */
public final class PlogCorrections {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** So many solutions are looked at; no accident gives more. */
  private static final int MOST = 16;

  /** More than this is no decay. */
  private static final int MOST_CORRECTED = 1 << 14;

  /**
   * A plog as it was before it was damaged.
   *
   * @param plog as it was found
   * @param changes the bytes of the device that differ from what they should be
   * @param reason what proves it
   */
  public record Correction(Plog plog, List<ByteChange> changes, String reason) {

    /** Keeps a copy of the changes. */
    public Correction {
      changes = List.copyOf(changes);
    }

    /** {@return what is changed, and what proves it} */
    public String describe() {
      return changes.getFirst() + ": " + reason;
    }
  }

  private final PlogScan scan;
  private final List<Correction> corrections = new ArrayList<>();

  private PlogCorrections(PlogScan scan) {
    this.scan = scan;
    for (PlogSegment segment : scan.segments()) {
      if (segment.place() < scan.ring() && segment.headId() != 0) {
        segment(segment);
      }
    }
  }

  /** Examines the damaged plogs of a device. */
  public static PlogCorrections find(PlogScan scan) {
    return new PlogCorrections(scan);
  }

  /** {@return what was proved, in the order on the device} */
  public List<Correction> corrections() {
    return List.copyOf(corrections);
  }

  /**
   * {@return the device with all corrections made; the same scan if there are none}
   *
   * @param rambufPool nr_rambuf_pool if known
   * @param progress told about bytes read
   */
  public PlogScan corrected(OptionalInt rambufPool, Progress progress) {
    if (corrections.isEmpty()) {
      return scan;
    }
    List<ByteChange> changes =
        corrections.stream().flatMap(correction -> correction.changes.stream()).toList();
    return PlogScan.scan(
        new PatchedSource(scan.source(), changes),
        scan.geometry().blocksPerSegment(),
        rambufPool,
        new Findings(),
        progress);
  }

  /** Reports each correction. */
  public void report(Findings findings) {
    for (Correction correction : corrections) {
      PlogMeta meta = correction.plog.meta();
      findings.add(
          new Finding(
              WriteboostCode.PLOG_CORRECTED,
              scan.source().name(),
              new ByteRange(correction.plog.offset(), correction.plog.bytes()),
              "plog of segment id %s for sector %s: %s"
                  .formatted(
                      Long.toUnsignedString(meta.id()),
                      Long.toUnsignedString(meta.sector()),
                      correction.describe())));
    }
  }

  private void segment(PlogSegment segment) {
    List<Plog> plogs = segment.plogs();
    long right = headId(segment);
    for (int i = 0; i < plogs.size() && corrections.size() < MOST_CORRECTED; i++) {
      Plog plog = plogs.get(i);
      if (plog.state() == Plog.State.TORN) {
        torn(segment, plog);
      } else if (plog.state() != Plog.State.IMPLAUSIBLE
          && plog.meta().id() != right
          && (i == 0 ? right != segment.headId() : foreign(segment, i))) {
        id(plog, right);
      }
    }
  }

  /** The id that the plogs of a segment should have. */
  private long headId(PlogSegment segment) {
    List<Plog> plogs = segment.plogs();
    boolean right = segment.inPlace(scan.ring()) && !farAhead(segment);
    if (right || plogs.size() < 2) {
      return segment.headId();
    }
    Plog head = plogs.getFirst();
    Plog second = plogs.get(1);
    boolean follows =
        head.offset() == segment.offset()
            && head.state() == Plog.State.GOOD
            && second.state() == Plog.State.STALE
            && second.offset() == head.offset() + head.bytes();
    return follows && inPlace(segment, second.meta().id()) ? second.meta().id() : segment.headId();
  }

  /** Whether the head's id is more than a round ahead of all others, which the log never is. */
  private boolean farAhead(PlogSegment segment) {
    long greatest = 0;
    for (PlogSegment other : scan.segments()) {
      boolean counts = other.place() < scan.ring() && other.place() != segment.place();
      if (counts && Long.compareUnsigned(other.headId(), greatest) > 0) {
        greatest = other.headId();
      }
    }
    return greatest != 0 && Long.compareUnsigned(segment.headId(), greatest + scan.ring()) > 0;
  }

  private boolean inPlace(PlogSegment segment, long id) {
    return Long.remainderUnsigned(id - 1, scan.ring()) == segment.place();
  }

  /**
   * Whether a plog of another id cannot be one of an earlier round, which are behind all others.
   */
  private boolean foreign(PlogSegment segment, int i) {
    List<Plog> plogs = segment.plogs();
    Plog plog = plogs.get(i);
    Plog before = plogs.get(i - 1);
    boolean follows =
        plog.state() == Plog.State.STALE
            && before.state() == Plog.State.GOOD
            && before.offset() + before.bytes() == plog.offset();
    if (!follows) {
      return false;
    }
    boolean between =
        i + 1 < plogs.size()
            && plogs.get(i + 1).state() == Plog.State.GOOD
            && plogs.get(i + 1).offset() == plog.offset() + plog.bytes();
    return between || !inPlace(segment, plog.meta().id());
  }

  private void id(Plog plog, long right) {
    PlogMeta meta = plog.meta();
    PlogMeta corrected =
        new PlogMeta(right, meta.sector(), meta.checksum(), meta.idx(), meta.len());
    correct(
        plog,
        corrected,
        "it stands among plogs of segment id %s".formatted(Long.toUnsignedString(right)));
  }

  private void torn(PlogSegment segment, Plog plog) {
    PlogMeta meta = plog.meta();
    long end = segment.offset() + scan.geometry().segmentBytes();
    int room = (int) Math.min(8, (end - plog.dataOffset()) / SECTOR);
    ByteBuffer data = ByteBuffer.allocate(room * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    List<ByteRange> bad = scan.source().readAround(plog.dataOffset(), data);
    if (meta.len() > room || !bad.isEmpty()) {
      return;
    }
    int[] computed = new int[room + 1];
    int fits = 0;
    for (int len = 1; len <= room; len++) {
      computed[len] = checksum(data, len);
      PlogMeta other = new PlogMeta(meta.id(), meta.sector(), meta.checksum(), meta.idx(), len);
      boolean possible = other.plausible(scan.geometry().blocksPerSegment());
      fits = computed[len] == meta.checksum() && possible ? len : fits;
    }
    if (fits > 0) {
      correct(
          plog,
          new PlogMeta(meta.id(), meta.sector(), meta.checksum(), meta.idx(), fits),
          "its checksum fits %d sectors".formatted(fits));
      return;
    }
    int wrong = computed[meta.len()] ^ meta.checksum();
    if (Crc32cCorrection.inOneByte(wrong)) {
      correct(
          plog,
          new PlogMeta(meta.id(), meta.sector(), computed[meta.len()], meta.idx(), meta.len()),
          "the stored checksum differs from the computed one in a single byte");
      return;
    }
    int length = meta.len() * SECTOR;
    List<Change> all = Crc32cCorrection.find(length, meta.checksum(), computed[meta.len()], MOST);
    List<Change> bits = all.stream().filter(Change::singleBit).toList();
    List<Change> chosen = bits.isEmpty() ? all : bits;
    if (chosen.size() == 1) {
      Change change = chosen.getFirst();
      int found = Byte.toUnsignedInt(data.get(change.offset()));
      corrections.add(
          new Correction(
              plog,
              List.of(
                  new ByteChange(
                      plog.dataOffset() + change.offset(), found, found ^ change.change())),
              "a %s; then its checksum fits, by chance once in %d times"
                  .formatted(
                      bits.isEmpty() ? "changed byte" : "flipped bit",
                      (1L << 32) / (length * (bits.isEmpty() ? 255L : 8L)))));
    }
  }

  private static int checksum(ByteBuffer data, int len) {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate().position(0).limit(len * SECTOR));
    return Convention.RAW_CRC.finish((int) crc.getValue());
  }

  private void correct(Plog plog, PlogMeta right, String reason) {
    ByteBuffer found = ByteBuffer.allocate(PlogMeta.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer corrected = ByteBuffer.allocate(PlogMeta.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    plog.meta().encode(found, 0);
    right.encode(corrected, 0);
    corrections.add(
        new Correction(
            plog, SegmentCorrection.differences(found, corrected, plog.offset()), reason));
  }
}
