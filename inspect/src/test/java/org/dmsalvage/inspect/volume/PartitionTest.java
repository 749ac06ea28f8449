package org.dmsalvage.inspect.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.dmsalvage.fixtures.golden.DiskImages;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.error.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partition tables that sgdisk and sfdisk wrote, whole and damaged. */
class PartitionTest {

  private static final String SET = "partition-tables";

  @TempDir private Path directory;

  private Disk disk(String image) throws IOException {
    return new Disk(image, Files.readAllBytes(DiskImages.unpack(SET, image, directory)));
  }

  private static Disks look(Disk disk) {
    return new Disks(List.of(disk));
  }

  private static String described(Disks disks) {
    return disks.volumes().stream()
        .map(
            v -> {
              assertTrue(v.layout() != null, v.name());
              return "%s=%d,%d".formatted(v.name(), v.layout().pieceAt(0).offset(), v.bytes());
            })
        .collect(Collectors.joining(" "));
  }

  private static String truth(String image) throws IOException {
    return DiskImages.truth(SET).getProperty(image);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt.img", "gpt4096.img", "mbr.img", "mbr4096.img"})
  void findsWhatTheToolsWrote(String image) throws IOException {
    Disks disks = look(disk(image));
    assertEquals(truth(image), described(disks));
    assertEquals(List.of(), disks.findings().kept());
    assertEquals(
        image.contains("4096") ? 4096 : 512, disks.tables().getFirst().orElseThrow().sectorBytes());
  }

  @Test
  void tellsNamesAndTypes() throws IOException {
    Disks disks = look(disk("gpt.img"));
    assertEquals(List.of("EFI", "cache store", "última"), labels(disks));
    assertEquals("Linux LVM", disks.volume("2").type());
    assertEquals("21480568-981b-41d6-9775-4f41b8ed2ae4", disks.volume("2").uuid());
    assertThrows(UsageException.class, () -> disks.volume("3"));
  }

  private static List<String> labels(Disks disks) {
    return disks.volumes().stream().map(Volume::label).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt.img", "gpt4096.img"})
  void usesTheBackupWhenTheFirstIsGone(String image) throws IOException {
    Disk disk = disk(image);
    Arrays.fill(disk.bytes(), 0, 1 << 19, (byte) 0);
    Disks disks = look(disk);
    assertEquals(truth(image), described(disks));
    assertEquals(1, disks.findings().count(VolumeCode.GPT_PRIMARY));
  }

  @Test
  void usesTheBackupWhenTheFirstOneIsWrong() throws IOException {
    Disk disk = disk("gpt.img");
    disk.bytes()[2 * 512 + 128 + 33] ^= 1;
    Disks disks = look(disk);
    assertEquals(truth("gpt.img"), described(disks));
    assertEquals(1, disks.findings().count(VolumeCode.GPT_CHECKSUM));
    assertEquals(1, disks.findings().count(VolumeCode.GPT_PRIMARY));
  }

  @Test
  void saysThatTheImageWasCutOff() throws IOException {
    Disk disk = disk("gpt.img");
    Disks disks = look(new Disk("cut", Arrays.copyOf(disk.bytes(), 10 << 20)));
    assertEquals(truth("gpt.img"), described(disks));
    assertEquals(1, disks.findings().count(VolumeCode.GPT_BACKUP));
    assertEquals(2, disks.findings().count(VolumeCode.PARTITION_BEYOND));
    ByteBuffer last = ByteBuffer.allocate(4096);
    assertEquals(
        1,
        disks.open(disks.volume("2")).readAround((8 << 20) - 2048, last).size(),
        "half is there");
  }

  @Test
  void endsAChainThatBitesItsTail() throws IOException {
    Disk disk = disk("mbr.img");
    ByteBuffer bytes = ByteBuffer.wrap(disk.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int second = (6144 + 4096) * 512;
    assertEquals((short) 0xAA55, bytes.getShort(second + 510), "an extended boot record");
    bytes.putInt(second + 446 + 16 + 8, 0);
    assertEquals(
        truth("mbr.img").replaceFirst(" 7=.*", ""), described(look(disk)), "up to the ring");
  }

  @Test
  void takesABootSectorWithoutTableForNone() throws IOException {
    Disk disk = disk("mbr.img");
    disk.bytes()[446 + 16] = 0x42;
    assertFalse(look(disk).structured());
  }
}
