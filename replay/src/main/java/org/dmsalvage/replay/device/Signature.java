package org.dmsalvage.replay.device;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Bytes by which the contents of a device are recognised. A few that a disk behind a cache may
 * have; numbers as in the superblock definitions of the Linux kernel and util-linux.
 *
 * @param contents what they stand for
 * @param offset where they stand
 * @param bytes what stands there
 */
@SuppressWarnings("ArrayRecordComponent")
record Signature(String contents, long offset, byte[] bytes) {

  private static final List<Signature> ALL =
      List.of(
          text("LUKS", 0, "LUKS\u00ba\u00be"),
          text("XFS", 0, "XFSB"),
          text("Btrfs", 65600, "_BHRfS_M"),
          text("ext2, ext3 or ext4", 1080, "S\u00ef"),
          text("F2FS", 1024, "\u0010 \u00f5\u00f2"),
          text("NTFS", 3, "NTFS    "),
          text("FAT", 82, "FAT32   "),
          text("FAT", 54, "FAT1"),
          text("swap space", 4086, "SWAPSPACE2"),
          text("LVM physical volume", 512, "LABELONE"),
          text("RAID member", 4096, "\u00fcN+\u00a9"),
          text("a GPT partition table", 512, "EFI PART"),
          text("a partition table", 510, "U\u00aa"));

  private static Signature text(String contents, long offset, String bytes) {
    return new Signature(contents, offset, bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  private boolean matches(BlockSource device) {
    if (offset + bytes.length > device.size()) {
      return false;
    }
    byte[] found = new byte[bytes.length];
    try {
      device.read(offset, ByteBuffer.wrap(found));
    } catch (UnreadableException _) {
      return false;
    }
    return Arrays.equals(found, bytes);
  }

  /** {@return what a device seems to hold; empty if nothing is recognised} */
  static String recognise(BlockSource device) {
    return ALL.stream().filter(s -> s.matches(device)).findFirst().map(s -> s.contents).orElse("");
  }
}
