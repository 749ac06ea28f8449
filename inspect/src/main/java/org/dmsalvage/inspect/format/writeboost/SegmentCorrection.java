package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.ByteChange;

/**
 * A segment as it was before it was damaged, as far as that can be proved.
 *
 * @param slot where it stands
 * @param kind what was damaged
 * @param id as it should be, unsigned
 * @param length as it should be
 * @param mark checksum, or lap in 2013, as it should be
 * @param changes the bytes of the device that differ from what they should be, by offset
 * @param reason what proves it, the middle of a sentence
 */
public record SegmentCorrection(
    int slot, Kind kind, long id, int length, int mark, List<ByteChange> changes, String reason) {

  /** What was damaged. */
  public enum Kind {
    /** A bit of the metablocks or of the data. */
    FLIPPED_BIT,
    /** A byte of the metablocks or of the data. */
    CHANGED_BYTE,
    /** The stored checksum; everything it covers is right. */
    CHECKSUM,
    /** The stored length; the checksum fits exactly one other. */
    LENGTH,
    /** The stored id; everything that the checksum covers is right, or in 2013 all laps agree. */
    ID,
    /** 2013: the header's lap; all other laps agree with the id. */
    LAP,
    /** 2013: the lap of one metablock; all other laps agree with the id. */
    METABLOCK_LAP
  }

  /** Keeps a copy of the changes. */
  public SegmentCorrection {
    changes = List.copyOf(changes);
  }

  /** {@return the finding that reports it} */
  public WriteboostCode code() {
    return switch (kind) {
      case FLIPPED_BIT, CHANGED_BYTE, METABLOCK_LAP -> WriteboostCode.CORRECTED;
      case CHECKSUM, LENGTH, ID, LAP -> WriteboostCode.HEADER_CORRECTED;
    };
  }

  /** {@return what is changed, and what proves it} */
  public String describe() {
    String what =
        switch (kind) {
          case FLIPPED_BIT, CHANGED_BYTE, METABLOCK_LAP -> changes.getFirst().toString();
          case CHECKSUM -> "the stored checksum becomes 0x%08x".formatted(mark);
          case LENGTH -> "the length becomes " + length;
          case ID -> "the id becomes " + Long.toUnsignedString(id);
          case LAP -> "the lap becomes " + Integer.toUnsignedString(mark);
        };
    return what + ": " + reason;
  }

  /** The bytes in which the beginning of a segment differs from what it should be. */
  static List<ByteChange> differences(ByteBuffer found, ByteBuffer right, long start) {
    List<ByteChange> changes = new ArrayList<>();
    for (int i = 0; i < right.limit(); i++) {
      if (right.get(i) != found.get(i)) {
        changes.add(
            new ByteChange(
                start + i, Byte.toUnsignedInt(found.get(i)), Byte.toUnsignedInt(right.get(i))));
      }
    }
    return changes;
  }
}
