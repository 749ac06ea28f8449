package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.codec.Crc32cCorrection;
import org.dmsalvage.inspect.codec.Crc32cCorrection.Change;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection.Kind;
import org.dmsalvage.inspect.io.ByteChange;

/**
 * What the checksum proves about one segment.
 *
 * <p>In this order, as each needs less of an accident than the next:
 *
 * <ol>
 *   <li>The stored checksum fits exactly one length: that is the length. If the id is not in its
 *       place, it is inferred ({@link ProvedId}).
 *   <li>The stored checksum differs from the computed one within one byte: it is itself damaged.
 *       Another body looks like that once in four million times.
 *   <li>Exactly one flipped bit makes the checksum fit. Other damage looks like that once in a
 *       thousand times at 512 KiB.
 *   <li>Exactly one changed byte does. Other damage looks like that three times in a hundred at 512
 *       KiB.
 * </ol>
 *
 * <p>A segment behind the newest whole one may just as well have been cut off while it was written.
 * Then a changed byte is only believed where a chance hit is rarer than one in a thousand, that is
 * in short segments.
 *
 * <p>In all cases the corrected metablocks must be possible, and a change must not make anything
 * that drivers leave zero, the padding and the room behind the last metablock, something else.
 */
final class ChecksumDiagnosis {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;

  /** One in so many chance hits is too many where a cut-off write explains the damage too. */
  private static final long RARE = 1000;

  /** So many solutions are looked at; no accident gives more. */
  private static final int MOST = 64;

  private final LogAnalysis log;
  private final SegmentTable table;
  private final SegmentRules rules;
  private final int slot;
  private final ByteBuffer segment;
  private final int stored;
  private final int length;

  /** The checksum for each length. */
  private final int[] computed;

  /**
   * Prepares.
   *
   * @param log the log
   * @param rules what is possible
   * @param slot where the segment stands
   * @param segment the whole slot, from index 0, little-endian
   */
  ChecksumDiagnosis(LogAnalysis log, SegmentRules rules, int slot, ByteBuffer segment) {
    this.log = log;
    this.table = log.table();
    this.rules = rules;
    this.slot = slot;
    this.segment = segment;
    this.stored = table.mark(slot);
    this.length = table.length(slot);
    this.computed = checksums(segment, table.convention());
  }

  /** The checksums for all lengths, in one pass. */
  static int[] checksums(ByteBuffer segment, Convention convention) {
    int[] checksums = new int[segment.limit() / BLOCK];
    CRC32C crc = new CRC32C();
    ByteBuffer part = segment.duplicate();
    for (int i = 0; i < checksums.length; i++) {
      part.limit((i + 1) * BLOCK).position(i == 0 ? Convention.firstCoveredByte() : i * BLOCK);
      crc.update(part);
      checksums[i] = convention.finish((int) crc.getValue());
    }
    return checksums;
  }

  SegmentDiagnosis diagnose() {
    boolean inPlace = log.role(slot) == Role.CURRENT;
    int proved = provedLength();
    if (proved >= 0) {
      return header(proved, inPlace);
    }
    if (length >= computed.length) {
      return open("its length is impossible, and no other fits its checksum");
    }
    if (!inPlace) {
      return open("nor is it whole");
    }
    int wrong = stored ^ computed[length];
    if (Crc32cCorrection.inOneByte(wrong)) {
      int right = computed[length];
      return correct(
          Kind.CHECKSUM,
          table.id(slot),
          length,
          right,
          "it is 0x%08x and differs from that in a single byte".formatted(stored));
    }
    return body();
  }

  private SegmentDiagnosis open(String remark) {
    return SegmentDiagnosis.open(slot, remark);
  }

  /** The length that the stored checksum fits; -1 if it is none, or not just one. */
  private int provedLength() {
    int proved = -1;
    for (int i = 0; i < computed.length; i++) {
      if (computed[i] == stored) {
        if (proved >= 0) {
          return -1;
        }
        proved = i;
      }
    }
    return proved;
  }

  private SegmentDiagnosis header(int right, boolean inPlace) {
    if (!rules.possible(segment, right)) {
      return open("its metablocks are not possible, although its checksum fits them");
    }
    String fits =
        right == length
            ? "its checksum fits"
            : "its checksum fits length %d and no other".formatted(right);
    if (inPlace) {
      return correct(Kind.LENGTH, table.id(slot), right, stored, fits);
    }
    ProvedId inferred = ProvedId.of(log, slot, table.id(slot));
    return inferred.id() == 0
        ? open("%s, but the id cannot be inferred: %s".formatted(fits, inferred.reason()))
        : correct(Kind.ID, inferred.id(), right, stored, fits + ", and " + inferred.reason());
  }

  /** One flipped bit or changed byte of what the checksum covers. */
  private SegmentDiagnosis body() {
    int covered = Convention.writtenBytes(length) - Convention.firstCoveredByte();
    List<Change> all = Crc32cCorrection.find(covered, stored, computed[length], MOST);
    List<Change> bits = new ArrayList<>();
    List<Change> bytes = new ArrayList<>();
    for (Change change : all) {
      if (possible(change)) {
        (change.singleBit() ? bits : bytes).add(change);
      }
    }
    if (bits.size() == 1) {
      return believe(bits.getFirst(), Kind.FLIPPED_BIT, covered * 8L);
    }
    if (bits.isEmpty() && bytes.size() == 1) {
      return believe(bytes.getFirst(), Kind.CHANGED_BYTE, covered * 255L);
    }
    int solutions = bits.isEmpty() ? bytes.size() : bits.size();
    if (solutions > 1) {
      return open(
          "%d different single %s would mend it"
              .formatted(solutions, bits.isEmpty() ? "bytes" : "bits"));
    }
    return open(
        all.isEmpty()
            ? "no single byte mends it"
            : "the single byte that would mend it makes its metablocks impossible");
  }

  private SegmentDiagnosis believe(Change change, Kind kind, long possibilities) {
    long oneIn = (1L << 32) / possibilities;
    if (rules.mayBeTorn(table.id(slot)) && oneIn < RARE) {
      return open(
          "a single byte would mend it, but it may be cut off, and then looks so once in %d times"
              .formatted(oneIn));
    }
    int at = Convention.firstCoveredByte() + change.offset();
    int found = Byte.toUnsignedInt(segment.get(at));
    String what = kind == Kind.FLIPPED_BIT ? "flipped bit" : "changed byte";
    return SegmentDiagnosis.proved(
        new SegmentCorrection(
            slot,
            kind,
            table.id(slot),
            length,
            stored,
            List.of(new ByteChange(table.startByte(slot) + at, found, found ^ change.change())),
            "a %s in %s; then its checksum fits, by chance once in %d times"
                .formatted(what, place(at), oneIn)));
  }

  private static String place(int at) {
    if (at >= BLOCK) {
      return "block " + (at / BLOCK - 1);
    }
    return "metablock " + (at - SegmentHeader.METABLOCKS) / Metablock.BYTES;
  }

  /** Whether a change leaves all metablocks possible. */
  private boolean possible(Change change) {
    int at = Convention.firstCoveredByte() + change.offset();
    byte found = segment.get(at);
    byte right = (byte) (found ^ change.change());
    if (at < BLOCK && right != 0 && isLeftZero(at)) {
      return false;
    }
    // Blocks do not change what metablocks say; nevertheless all of them must be possible.
    segment.put(at, right);
    boolean possible = rules.possible(segment, length);
    segment.put(at, found);
    return possible;
  }

  /** Whether a byte of the header area is padding, or behind the last metablock. */
  private boolean isLeftZero(int at) {
    int behind = at - SegmentHeader.METABLOCKS;
    return behind / Metablock.BYTES >= length
        || behind % Metablock.BYTES >= Metablock.BYTES - Metablock.PADDING;
  }

  private SegmentDiagnosis correct(Kind kind, long id, int right, int mark, String reason) {
    ByteBuffer header = ByteBuffer.allocate(SegmentHeader.METABLOCKS).order(segment.order());
    header.put(0, segment, 0, SegmentHeader.METABLOCKS);
    new SegmentHeader(id, mark, right).encode(header, 0);
    return SegmentDiagnosis.proved(
        new SegmentCorrection(
            slot,
            kind,
            id,
            right,
            mark,
            SegmentCorrection.differences(segment, header, table.startByte(slot)),
            reason));
  }
}
