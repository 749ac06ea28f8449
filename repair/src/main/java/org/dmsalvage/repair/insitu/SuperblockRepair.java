package org.dmsalvage.repair.insitu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.format.insitu.InsituCode;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.insitu.InsituLayout;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * The superblock: all of it follows from the size of the device (rules I2, I3), but the compressor,
 * which the payloads show.
 */
final class SuperblockRepair {

  private static final int AT_VERSION = 8;
  private static final int AT_META_BLOCKS = 16;
  private static final int AT_ALGORITHM = 32;

  private final InsituLayout layout;
  private final long deviceBytes;
  private final Wishes wishes;
  private final ActionList actions;
  private final Codec codec;

  SuperblockRepair(InsituImage image, Wishes wishes, ActionList actions, Progress progress) {
    this.wishes = wishes;
    this.layout = image.layout();
    this.deviceBytes = image.source().size();
    this.actions = actions;
    this.codec = image.codec(progress);
  }

  /**
   * Plans.
   *
   * @return whether a driver can work with a device of this size and these blocks
   */
  boolean plan() {
    Optional<InsituGeometry> size = layout.bySize();
    if (size.isEmpty()
        || size.get().unusable(deviceBytes).isPresent()
        || size.get().metaBlocks() != layout.geometry().metaBlocks()
        || (otherDevice(size.get()) && !wishes.prefers(InsituRepairer.SIZE))) {
      return false;
    }
    InsituGeometry right = size.get();
    byte[] bytes = new byte[Superblock.BYTES];
    new Superblock(
            Superblock.MAGIC,
            Superblock.VERSION,
            right.metaBlocks(),
            right.storedDataBlocks(),
            Superblock.algorithm(codec))
        .encode(ByteBuffer.wrap(bytes), 0);
    if (layout.readable()) {
      fields(right, bytes);
    } else {
      actions.add(
          Role.CACHE,
          0,
          Arrays.copyOf(bytes, InsituGeometry.BLOCK_BYTES),
          new Why(
              InsituCode.SUPERBLOCK_UNREADABLE,
              "the driver refuses the device without its superblock; "
                  + sizes(right)
                  + "; the payloads are those of "
                  + codec,
              compressorRisk(),
              ""));
    }
    return true;
  }

  /**
   * Whether the superblock's counts are those of a device of another size, and no single flipped
   * bit: then the image was cut, or the device has grown.
   */
  private boolean otherDevice(InsituGeometry right) {
    return !layout.geometry().equals(right)
        && Long.bitCount(layout.superblock().dataBlocks() ^ right.storedDataBlocks()) != 1;
  }

  private void fields(InsituGeometry right, byte[] bytes) {
    actions.add(
        Role.CACHE,
        0,
        Arrays.copyOf(bytes, AT_VERSION),
        new Why(
            InsituCode.MAGIC,
            "without the magic number the driver formats the device (rule I6)",
            "none: the driver knows no other one",
            ""));
    field(
        AT_VERSION,
        AT_META_BLOCKS,
        bytes,
        new Why(
            InsituCode.VERSION,
            "the driver knows only version 1 (rule I6)",
            "none: there is no other",
            ""));
    Superblock found = layout.superblock();
    boolean cut = found.dataBlocks() > right.storedDataBlocks();
    field(
        AT_META_BLOCKS,
        AT_ALGORITHM,
        bytes,
        new Why(
            InsituCode.GEOMETRY,
            "the driver refuses %s blocks of bitmap and %s of data (rule I2); "
                    .formatted(
                        Long.toUnsignedString(found.metaBlocks()),
                        Long.toUnsignedString(found.dataBlocks()))
                + sizes(right),
            layout.geometry().equals(right)
                ? "none: the driver computes both from the size of the device"
                : "the device may have had another size: nothing proves what it had behind its end",
            layout.geometry().equals(right) || !cut
                ? ""
                : "the blocks from %d on, if the device had them".formatted(right.dataBlocks())));
    boolean none = found.codec().isEmpty();
    field(
        AT_ALGORITHM,
        Superblock.BYTES,
        bytes,
        new Why(
            none ? InsituCode.ALGORITHM : InsituCode.ALGORITHM_MISMATCH,
            none
                ? "there is no compressor %d, and the driver crashes (rule I6)"
                    .formatted(found.algorithm())
                : "payloads prove themselves with %s, and none with the other compressor"
                    .formatted(codec),
            none
                ? compressorRisk()
                : "none: payloads decompress with this compressor, and not with the other",
            ""));
  }

  private String sizes(InsituGeometry right) {
    return "a device of %d bytes has %d and %d"
        .formatted(deviceBytes, right.metaBlocks(), right.storedDataBlocks());
  }

  private static String compressorRisk() {
    return "if no extent is compressed, nothing shows the compressor, and it does not matter";
  }

  private void field(int from, int to, byte[] bytes, Why why) {
    actions.add(Role.CACHE, from, Arrays.copyOfRange(bytes, from, to), why);
  }
}
