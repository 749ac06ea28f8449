package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.error.OutputException;

/**
 * Header of an undo file. A slot of {@value #SLOT_BYTES} bytes:
 *
 * <pre>
 *     0  u64  magic, the text "DMSVUNDO"
 *     8  u32  version, 1
 *    12  u32  CRC-32C of bytes 16 … 16383 of the slot
 *    16  u64  sequence: each update writes the next one, to slot sequence % 2
 *    24  u32  state, see {@link UndoState}
 *    28  u32  number of targets, 1 … 64
 *    32  u128 id of the file; every batch repeats it
 *    48  32 B purpose: SHA-256 of what is to be written; only the same purpose may go on
 *    80  u64  batches that were durable when the slot was written: fewer means damage
 *    88  targets, one behind the other:
 *          0  u32  role, see {@link UndoTarget.Role}
 *          4  u16  bytes of the path
 *          6  u16  bytes of the model
 *          8  u64  size of the device in bytes
 *         16       path, UTF-8; model, UTF-8
 *        zeros
 * </pre>
 *
 * @param sequence number of this update
 * @param state how far the writes have come
 * @param id of the file
 * @param purpose 32 bytes
 * @param batches that were durable at this update
 * @param targets what the file can restore, 1 … 64
 */
@SuppressWarnings("ArrayRecordComponent")
record UndoHeader(
    long sequence,
    UndoState state,
    UUID id,
    byte[] purpose,
    long batches,
    List<UndoTarget> targets) {

  static final int SLOT_BYTES = 16384;

  /** Bytes of all slots: where the batches begin. */
  static final int BYTES = 2 * SLOT_BYTES;

  static final int PURPOSE_BYTES = 32;

  private static final byte[] MAGIC = "DMSVUNDO".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int MAX_TARGETS = 64;
  private static final int MAX_PATH = 4096;
  private static final int MAX_MODEL = 256;

  UndoHeader {
    targets = List.copyOf(targets);
  }

  /** {@return the next update} */
  UndoHeader next(UndoState other, long durable) {
    return new UndoHeader(sequence + 1, other, id, purpose, durable, targets);
  }

  /** {@return the next update, which knows one more target} */
  UndoHeader with(UndoTarget another, long durable) {
    List<UndoTarget> more = new ArrayList<>(targets);
    more.add(another);
    return new UndoHeader(sequence + 1, state, id, purpose, durable, more);
  }

  /** {@return where in the file this update goes} */
  long offset() {
    return (sequence & 1) * SLOT_BYTES;
  }

  ByteBuffer encode() {
    ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    slot.put(MAGIC).putInt(VERSION).putInt(0).putLong(sequence);
    slot.putInt(state.code()).putInt(targets.size());
    slot.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    slot.put(purpose, 0, PURPOSE_BYTES).putLong(batches);
    for (UndoTarget target : targets) {
      byte[] path = text(target.path(), MAX_PATH);
      byte[] model = text(target.model(), MAX_MODEL);
      if (slot.remaining() < 16 + path.length + model.length) {
        throw new OutputException(
            target.path(), "is one of more devices than an undo file has room for");
      }
      slot.putInt(target.role().code());
      slot.putShort((short) path.length).putShort((short) model.length);
      slot.putLong(target.bytes()).put(path).put(model);
    }
    slot.putInt(12, checksum(slot));
    return slot.clear();
  }

  private static byte[] text(String text, int most) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= most ? bytes : Arrays.copyOf(bytes, most);
  }

  private static int checksum(ByteBuffer slot) {
    CRC32C crc = new CRC32C();
    crc.update(slot.duplicate().limit(SLOT_BYTES).position(16));
    return (int) crc.getValue();
  }

  /** {@return whether a slot begins as one of an undo file does, whole or not} */
  static boolean hasMagic(ByteBuffer slot) {
    byte[] found = new byte[MAGIC.length];
    slot.get(0, found);
    return Arrays.equals(found, MAGIC);
  }

  /**
   * Reads a slot.
   *
   * @param bytes of the slot, all of them
   * @return the header; empty if the slot is not whole, or of another version
   */
  static Optional<UndoHeader> decode(ByteBuffer bytes) {
    ByteBuffer slot = bytes.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
    if (!hasMagic(slot) || slot.getInt(8) != VERSION || slot.getInt(12) != checksum(slot)) {
      return Optional.empty();
    }
    int count = slot.getInt(28);
    Optional<UndoState> state =
        Arrays.stream(UndoState.values()).filter(s -> s.code() == slot.getInt(24)).findFirst();
    if (state.isEmpty() || count < 1 || count > MAX_TARGETS) {
      return Optional.empty();
    }
    byte[] purpose = new byte[PURPOSE_BYTES];
    slot.get(48, purpose);
    long batches = slot.getLong(48 + PURPOSE_BYTES);
    slot.position(48 + PURPOSE_BYTES + Long.BYTES);
    List<UndoTarget> targets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Optional<UndoTarget> target = target(slot);
      if (target.isEmpty()) {
        return Optional.empty();
      }
      targets.add(target.get());
    }
    UUID id = new UUID(slot.getLong(32), slot.getLong(40));
    return Optional.of(
        new UndoHeader(slot.getLong(16), state.get(), id, purpose, batches, targets));
  }

  private static Optional<UndoTarget> target(ByteBuffer slot) {
    if (slot.remaining() < 16) {
      return Optional.empty();
    }
    int code = slot.getInt();
    int pathBytes = Short.toUnsignedInt(slot.getShort());
    int modelBytes = Short.toUnsignedInt(slot.getShort());
    long bytes = slot.getLong();
    if (slot.remaining() < pathBytes + modelBytes || bytes < 0) {
      return Optional.empty();
    }
    byte[] path = new byte[pathBytes];
    byte[] model = new byte[modelBytes];
    slot.get(path).get(model);
    return Arrays.stream(UndoTarget.Role.values())
        .filter(role -> role.code() == code)
        .findFirst()
        .map(
            role ->
                new UndoTarget(
                    role,
                    new String(path, StandardCharsets.UTF_8),
                    bytes,
                    new String(model, StandardCharsets.UTF_8)));
  }
}
