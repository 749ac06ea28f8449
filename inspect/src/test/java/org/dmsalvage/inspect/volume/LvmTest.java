package org.dmsalvage.inspect.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.LongStream;
import org.dmsalvage.fixtures.golden.DiskImages;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.volume.lvm.LogicalVolume;
import org.dmsalvage.inspect.volume.lvm.VolumeGroup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes that lvm2 made and the kernel wrote. */
class LvmTest {

  private static final String SET = "lvm-writecache";

  @TempDir private Path directory;
  private Disk first;
  private Disk second;

  @BeforeEach
  void unpack() throws IOException {
    first = disk(SET, "pv1.img");
    second = disk(SET, "pv2.img");
  }

  private Disk disk(String set, String image) throws IOException {
    return new Disk(image, Files.readAllBytes(DiskImages.unpack(set, image, directory)));
  }

  private static String sha256(BlockSource source) throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Disk.contents(source)));
  }

  private static void holds(Disks disks, String volume)
      throws IOException, GeneralSecurityException {
    assertEquals(
        DiskImages.truth(SET).getProperty(volume + ".sha256"),
        sha256(disks.open(disks.volume(volume))),
        volume);
  }

  @Test
  void stitchesVolumesTogetherAsTheKernelDoes() throws Exception {
    Disks disks = new Disks(List.of(first, second));
    holds(disks, "vault/wide");
    holds(disks, "vault/main_wcorig");
    assertEquals(List.of(), disks.findings().kept());
    Disks turned = new Disks(List.of(second, first));
    holds(turned, "vault/wide");
    holds(turned, "vault/main_wcorig");
  }

  @Test
  void pairsAWritecacheWithItsOrigin() {
    Disks disks = new Disks(List.of(first, second));
    Volume main = disks.volume("vault/main");
    assertEquals(
        new LogicalVolume.Writecache("vault/fast_cvol", "vault/main_wcorig", 4096, 0),
        main.writecache().orElseThrow());
    assertEquals(16 << 20, main.bytes());
    assertThrows(UnsupportedImageException.class, () -> disks.open(main));
  }

  @Test
  void findsTheLabelInAnyOfTheFirstSectors() throws Exception {
    for (int sector : new int[] {0, 2, 3}) {
      Disk moved = new Disk("moved", first.bytes().clone());
      System.arraycopy(first.bytes(), 512, moved.bytes(), sector * 512, 512);
      Arrays.fill(moved.bytes(), 512, 1024, (byte) 0);
      holds(new Disks(List.of(moved, second)), "vault/wide");
    }
  }

  @Test
  void usesADamagedLabelAndSaysSo() throws Exception {
    first.bytes()[1000] ^= 1;
    Disks disks = new Disks(List.of(first, second));
    assertEquals(1, disks.findings().count(VolumeCode.LVM_LABEL));
    holds(disks, "vault/wide");
  }

  @Test
  void fallsBackToTheNewestTextThatCanBeRead() {
    damageNewest(first);
    Disks disks = new Disks(List.of(first, second));
    assertEquals(10, disks.groups().getFirst().sequence(), "the other one is whole");
    assertEquals(1, disks.findings().count(VolumeCode.LVM_TEXT));
    assertEquals(1, disks.findings().count(VolumeCode.LVM_STALE));
    damageNewest(second);
    disks = new Disks(List.of(first, second));
    assertEquals(9, disks.groups().getFirst().sequence());
    assertTrue(disks.volume("vault/fast").writecache().isEmpty(), "before it was converted");
  }

  /** Breaks the text that the area's header points to, so that no parser takes it. */
  private static void damageNewest(Disk disk) {
    byte[] wanted = "seqno = 10\n".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 1 << 20; i++) {
      if (Arrays.equals(disk.bytes(), i, i + wanted.length, wanted, 0, wanted.length)) {
        disk.bytes()[i + 6] = 0;
        return;
      }
    }
    throw new AssertionError("no such text");
  }

  @Test
  void readsTheHistoryWhenTheHeaderOfTheAreaIsLost() throws Exception {
    Arrays.fill(first.bytes(), 4096, 4608, (byte) 0);
    Arrays.fill(second.bytes(), 4096, 4608, (byte) 0);
    Disks disks = new Disks(List.of(first, second));
    assertEquals(2, disks.findings().count(VolumeCode.LVM_AREA));
    assertEquals(LongStream.rangeClosed(1, 10).boxed().toList(), versions(disks));
    holds(disks, "vault/wide");
  }

  @Test
  void readsAroundADiskThatIsMissing() {
    Disks disks = new Disks(List.of(second));
    assertEquals(1, disks.findings().count(VolumeCode.LVM_MISSING));
    BlockSource origin = disks.open(disks.volume("vault/main_wcorig"));
    ByteBuffer bytes = ByteBuffer.allocate(2 << 20);
    assertEquals(List.of(new ByteRange(8 << 20, 1 << 20)), origin.readAround(8 << 20, bytes));
    assertEquals('L', bytes.get(1 << 20), "the part on the disk that is there");
    assertEquals(0, bytes.get(0));
    BlockSource wide = disks.open(disks.volume("vault/wide"));
    assertEquals(
        List.of(new ByteRange(0, 65536), new ByteRange(131072, 65536)),
        wide.readAround(0, bytes.clear().limit(4 * 65536)),
        "every other chunk");
  }

  @Test
  void followsATextAroundTheRing() throws IOException {
    Disks disks = new Disks(List.of(disk("lvm-ring", "ring.img")));
    VolumeGroup ring = disks.groups().getFirst();
    assertEquals(31, ring.sequence());
    assertEquals(List.of(), disks.findings().kept());
    assertEquals(LongStream.rangeClosed(3, 31).boxed().toList(), versions(disks));
    assertEquals(
        List.of(0L, 3L << 18),
        disks.volume("ring/a").layout().runs().stream()
            .map(run -> run.stripes().getFirst().offset() - 65536)
            .toList());
  }

  @Test
  void findsAnOlderTextThatGoesAroundTheRing() throws IOException {
    Disk disk = disk("lvm-ring", "ring.img");
    Arrays.fill(disk.bytes(), 4096, 4608, (byte) 0);
    assertEquals(
        LongStream.rangeClosed(3, 31).boxed().toList(), versions(new Disks(List.of(disk))));
  }

  private static List<Long> versions(Disks disks) {
    return disks.groups().getFirst().history().stream().map(VolumeGroup.Version::sequence).toList();
  }
}
