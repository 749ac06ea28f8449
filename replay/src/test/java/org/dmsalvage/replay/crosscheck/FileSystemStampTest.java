package org.dmsalvage.replay.crosscheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FileSystemStampTest {

  /** The first sector of an ext superblock. */
  static byte[] ext(int writtenAt, long uuid) {
    byte[] bytes = new byte[512];
    ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    little.putInt(48, writtenAt).putShort(56, (short) 0xef53).putLong(104, uuid);
    return bytes;
  }

  private static byte[] btrfs(long generation) {
    byte[] bytes = new byte[512];
    ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    little.put(64, "_BHRfS_M".getBytes(StandardCharsets.US_ASCII)).putLong(72, generation);
    return bytes;
  }

  private static byte[] xfs(int version, long lsn) {
    byte[] bytes = new byte[512];
    ByteBuffer big = ByteBuffer.wrap(bytes);
    big.put(0, "XFSB".getBytes(StandardCharsets.US_ASCII));
    big.putShort(100, (short) (0xb4a0 | version)).putLong(240, lsn);
    return bytes;
  }

  private static FileSystemStamp stamp(long sector, byte[] bytes) {
    return FileSystemStamp.read(sector, bytes, 0).orElseThrow();
  }

  @Test
  void readsEachKindInItsPlaceOnly() {
    assertEquals("ext", stamp(2, ext(5, 1)).kind());
    assertEquals(9, stamp(128, btrfs(9)).value());
    assertEquals(7, stamp(0, xfs(5, 7)).value());
    assertEquals(Optional.empty(), FileSystemStamp.read(0, xfs(4, 7), 0));
    assertEquals(Optional.empty(), FileSystemStamp.read(2, btrfs(9), 0));
    assertEquals(Optional.empty(), FileSystemStamp.read(128, ext(5, 1), 0));
    assertEquals(Optional.empty(), FileSystemStamp.read(0, new byte[512], 0));
    assertTrue(FileSystemStamp.possibleAt(128));
    assertFalse(FileSystemStamp.possibleAt(1));
  }

  @Test
  void comparesStatesOfOneFileSystem() {
    assertTrue(stamp(2, ext(-1, 1)).laterThan(stamp(2, ext(5, 1))));
    assertFalse(stamp(2, ext(5, 1)).laterThan(stamp(2, ext(5, 1))));
    assertFalse(stamp(2, ext(6, 2)).laterThan(stamp(2, ext(5, 1))));
    assertFalse(stamp(128, btrfs(9)).laterThan(stamp(0, xfs(5, 7))));
    assertEquals("written at 2038-01-19T03:14:08Z", stamp(2, ext(0x80000000, 1)).describe());
    assertEquals("of generation 9", stamp(128, btrfs(9)).describe());
    assertEquals("of log sequence number 7", stamp(0, xfs(5, 7)).describe());
  }
}
