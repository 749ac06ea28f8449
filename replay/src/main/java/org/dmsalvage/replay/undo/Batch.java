package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.recovery.LossList;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of a device that are compared, saved and written together: their pieces lie one behind the
 * other in two buffers, of what the device shall hold and of what it holds.
 */
final class Batch {

  /** Most bytes of a piece, so that pieces spread over threads. */
  private static final int PIECE_BYTES = 1 << 18;

  private static final int UNIT = UndoBatch.UNIT;

  /** The unit is to be written: it differs. */
  private static final byte DIFFERS = 1;

  /** What the unit shall hold cannot be read. */
  private static final byte UNKNOWN = 2;

  /** What the unit holds cannot be read. */
  private static final byte UNREADABLE = 4;

  /** An earlier run has saved what the unit held originally. */
  private static final byte SAVED = 8;

  /** Something was saved of the unit; the next two bits say more. */
  private static final byte COVERED = 16;

  /** The unit holds what was saved of it, or what was then written. */
  private static final byte EXPECTED = 32;

  /** What the unit shall hold was announced when it was saved. */
  private static final byte ANNOUNCED = 64;

  private final ByteBuffer fresh;
  private final ByteBuffer old;
  private final long[] offsets;
  private final int[] starts;
  private final int[] firstUnits;
  private final byte[] flags;
  private final int[] checksums;
  private int pieces;

  Batch(int capacity) {
    fresh = ByteBuffer.allocateDirect(capacity);
    old = ByteBuffer.allocateDirect(capacity);
    int units = capacity / UNIT;
    offsets = new long[units];
    starts = new int[units + 1];
    firstUnits = new int[units + 1];
    flags = new byte[units];
    checksums = new int[units];
  }

  void reset() {
    pieces = 0;
    Arrays.fill(flags, (byte) 0);
  }

  int pieces() {
    return pieces;
  }

  int bytes() {
    return starts[pieces];
  }

  boolean full() {
    return firstUnits[pieces] == flags.length;
  }

  /**
   * Adds a range, or its beginning.
   *
   * @return bytes that were added, at least one unit or the whole range; the batch must not be full
   */
  long add(long offset, long length) {
    int room = (flags.length - firstUnits[pieces]) * UNIT;
    boolean continues =
        pieces > 0
            && offsets[pieces - 1] + length(pieces - 1) == offset
            && length(pieces - 1) < PIECE_BYTES;
    int most = continues ? PIECE_BYTES - length(pieces - 1) : PIECE_BYTES;
    int added = (int) Math.min(length, Math.min(room, most));
    if (!continues) {
      offsets[pieces] = offset;
      starts[pieces + 1] = starts[pieces];
      firstUnits[pieces + 1] = firstUnits[pieces];
      pieces++;
    }
    starts[pieces] += added;
    firstUnits[pieces] += UndoBatch.units(added);
    return added;
  }

  private int length(int piece) {
    return starts[piece + 1] - starts[piece];
  }

  /** {@return the piece behind those that have a number of bytes together} */
  int sliceEnd(int from, int bytes) {
    int to = from + 1;
    while (to < pieces && starts[to + 1] - starts[from] <= bytes) {
      to++;
    }
    return to;
  }

  /** Reads and compares some pieces. */
  void examine(int from, int to, Changes changes, BlockSource device) {
    CRC32C crc = new CRC32C();
    ByteBuffer wanted = fresh.duplicate();
    ByteBuffer present = old.duplicate();
    for (int piece = from; piece < to; piece++) {
      long offset = offsets[piece];
      int begin = starts[piece];
      int stop = starts[piece + 1];
      mark(piece, changes.readAround(offset, part(wanted, begin, stop)), UNKNOWN);
      mark(piece, device.readAround(offset, part(present, begin, stop)), UNREADABLE);
      for (int unit = firstUnits[piece]; unit < firstUnits[piece + 1]; unit++) {
        int start = starts[piece] + (unit - firstUnits[piece]) * UNIT;
        int end = Math.min(start + UNIT, starts[piece + 1]);
        if ((flags[unit] & UNKNOWN) == 0) {
          int difference = part(wanted, start, end).mismatch(part(present, start, end));
          if (difference >= 0 || (flags[unit] & UNREADABLE) != 0) {
            flags[unit] |= DIFFERS;
          }
          crc.reset();
          crc.update(wanted);
          checksums[unit] = (int) crc.getValue();
        }
      }
    }
  }

  private static ByteBuffer part(ByteBuffer buffer, int from, int to) {
    return buffer.limit(to).position(from);
  }

  private void mark(int piece, List<ByteRange> ranges, byte flag) {
    for (ByteRange range : ranges) {
      long first = (range.offset() - offsets[piece]) / UNIT;
      long end = (range.end() - offsets[piece] + UNIT - 1) / UNIT;
      for (long unit = first; unit < end; unit++) {
        flags[firstUnits[piece] + (int) unit] |= flag;
      }
    }
  }

  private int pieceOfUnit(int unit) {
    int found = Arrays.binarySearch(firstUnits, 0, pieces, unit);
    return found >= 0 ? found : -found - 2;
  }

  private int start(int unit) {
    int piece = pieceOfUnit(unit);
    return starts[piece] + (unit - firstUnits[piece]) * UNIT;
  }

  /** {@return the unit at an offset of the device; -1 if it is in no piece} */
  private int unitAt(long offset) {
    // Pieces ascend unless the changes do not, which only a restore's may do, and that saves
    // nothing.
    int found = Arrays.binarySearch(offsets, 0, pieces, offset);
    int piece = found >= 0 ? found : -found - 2;
    if (piece < 0 || offset >= offsets[piece] + length(piece)) {
      return -1;
    }
    return firstUnits[piece] + (int) ((offset - offsets[piece]) / UNIT);
  }

  /**
   * Finds what earlier runs have saved: it need not be saved again, since the device may hold new
   * bytes there already.
   *
   * @param again whether a unit may be written several times with other contents: then what is new
   *     now is announced by saving the unit once more
   * @throws OutputException if the device holds there what neither it held nor was written, or the
   *     changes are others than before
   */
  void findSaved(UndoFile undo, int target, boolean again) {
    if (pieces == 0) {
      return;
    }
    long end = offsets[pieces - 1] + length(pieces - 1);
    undo.forEachSaved(
        target,
        offsets[0],
        end,
        (batch, extent, position) -> compareWithSaved(undo, batch, extent, position));
    forEachRun(COVERED | EXPECTED, COVERED, 0, (_, _, offset, _) -> refuseForeign(undo, offset));
    if (!again) {
      forEachRun(COVERED | ANNOUNCED, COVERED, 0, (_, _, offset, _) -> refuseOther(undo, offset));
    }
    forEachRun(
        COVERED | ANNOUNCED,
        COVERED | ANNOUNCED,
        0,
        (first, stop, _, _) -> {
          for (int unit = first; unit < stop; unit++) {
            flags[unit] |= SAVED;
          }
        });
  }

  private void compareWithSaved(UndoFile undo, UndoBatch batch, int extent, long position) {
    for (int i = 0; i < UndoBatch.units(batch.length(extent)); i++) {
      int unit = unitAt(batch.offset(extent) + (long) i * UNIT);
      if (unit < 0 || (flags[unit] & UNKNOWN) != 0) {
        continue;
      }
      flags[unit] |= COVERED;
      if (checksums[unit] == batch.checksum(extent, i)) {
        flags[unit] |= ANNOUNCED;
      }
      boolean same = (flags[unit] & DIFFERS) == 0 || (flags[unit] & UNREADABLE) != 0;
      int length = Math.min(UNIT, batch.length(extent) - i * UNIT);
      if (same
          || batch.unreadable(extent)
          || holdsSaved(undo, unit, position + (long) i * UNIT, length)
          || checksumOfOld(unit, length) == batch.checksum(extent, i)) {
        flags[unit] |= EXPECTED;
      }
    }
  }

  private boolean holdsSaved(UndoFile undo, int unit, long position, int length) {
    ByteBuffer original = ByteBuffer.allocate(length);
    undo.readSaved(original, position);
    int start = start(unit);
    return original.flip().mismatch(part(old.duplicate(), start, start + length)) < 0;
  }

  private int checksumOfOld(int unit, int length) {
    int start = start(unit);
    CRC32C crc = new CRC32C();
    crc.update(part(old.duplicate(), start, start + length));
    return (int) crc.getValue();
  }

  private static void refuseOther(UndoFile undo, long offset) {
    throw new OutputException(
        undo.name(),
        "was begun with other data for offset %d (0x%x): the cache has changed; undo first"
            .formatted(offset, offset));
  }

  private static void refuseForeign(UndoFile undo, long offset) {
    throw new OutputException(
        undo.name(),
        ("somebody else has written to the device at offset %d (0x%x) since: it holds neither the"
                + " old nor the new bytes")
            .formatted(offset, offset));
  }

  /** Receives runs of units that follow each other on the device and in the buffers. */
  @FunctionalInterface
  private interface Runs {
    void run(int firstUnit, int endUnit, long offset, int length);
  }

  /**
   * Gives runs of units.
   *
   * @param mask flags that decide
   * @param wanted those of them that must be set, the others must not
   * @param same flags that all units of a run have alike
   */
  private void forEachRun(int mask, int wanted, int same, Runs sink) {
    int units = firstUnits[pieces];
    int unit = 0;
    while (unit < units) {
      if ((flags[unit] & mask) != wanted) {
        unit++;
        continue;
      }
      int piece = pieceOfUnit(unit);
      int first = unit;
      int start = start(unit);
      int end = start;
      long offset = offsets[piece] + (start - starts[piece]);
      while (unit < units
          && (flags[unit] & mask) == wanted
          && ((flags[unit] ^ flags[first]) & same) == 0) {
        if (unit == firstUnits[piece + 1]) {
          if (offsets[piece + 1] != offset + (end - start)) {
            break;
          }
          piece++;
        }
        end = Math.min(end + UNIT, starts[piece + 1]);
        unit++;
      }
      sink.run(first, unit, offset, end - start);
    }
  }

  /**
   * Lists what cannot be written and what cannot be saved.
   *
   * @param notWritten receives ranges whose new contents are unknown
   * @param notSaved receives ranges whose old contents are unknown; null if nothing is saved
   * @param name of the device
   */
  void report(LossList notWritten, @Nullable LossList notSaved, String name) {
    forEachRun(
        UNKNOWN,
        UNKNOWN,
        0,
        (_, _, offset, length) ->
            notWritten.add(
                WriteCode.SOURCE.loss(
                    name,
                    offset,
                    length,
                    "what belongs here cannot be read; the device keeps what it has")));
    if (notSaved != null) {
      forEachRun(
          DIFFERS | UNREADABLE | SAVED,
          DIFFERS | UNREADABLE,
          0,
          (_, _, offset, length) ->
              notSaved.add(
                  WriteCode.NOT_SAVED.loss(
                      name,
                      offset,
                      length,
                      "what stood here cannot be read; undo will leave what is written now")));
    }
  }

  /** Saves what will be overwritten, unless it was saved before; the old bytes are then gone. */
  void save(UndoFile undo, int target) {
    int units = firstUnits[pieces];
    Saving saving = new Saving(new long[units], new int[units], new boolean[units], new int[units]);
    forEachRun(DIFFERS | SAVED, DIFFERS, UNREADABLE, saving);
    if (saving.count > 0) {
      UndoBatch batch =
          new UndoBatch(
              target, saving.count, saving.extents, saving.lengths, saving.unreadable, saving.sums);
      undo.append(batch, part(old.duplicate(), 0, batch.dataBytes()));
    }
  }

  /** Gathers extents, and moves their old bytes together. */
  private final class Saving implements Runs {
    private final long[] extents;
    private final int[] lengths;
    private final boolean[] unreadable;
    private final int[] sums;
    private int count;
    private int sumCount;
    private int dataBytes;

    Saving(long[] extents, int[] lengths, boolean[] unreadable, int[] sums) {
      this.extents = extents;
      this.lengths = lengths;
      this.unreadable = unreadable;
      this.sums = sums;
    }

    @Override
    public void run(int firstUnit, int endUnit, long offset, int length) {
      extents[count] = offset;
      lengths[count] = length;
      unreadable[count] = (flags[firstUnit] & UNREADABLE) != 0;
      count++;
      System.arraycopy(checksums, firstUnit, sums, sumCount, endUnit - firstUnit);
      sumCount += endUnit - firstUnit;
      old.put(dataBytes, old, start(firstUnit), length);
      dataBytes += length;
    }
  }

  /** {@return bytes that differ} */
  long differing() {
    long[] sum = {0};
    forEachRun(DIFFERS, DIFFERS, 0, (_, _, _, length) -> sum[0] += length);
    return sum[0];
  }

  /** Writes what differs. */
  void write(PatientWriter writer) {
    forEachRun(
        DIFFERS,
        DIFFERS,
        0,
        (first, _, offset, length) -> {
          int start = start(first);
          writer.write(offset, part(fresh.duplicate(), start, start + length));
        });
  }
}
