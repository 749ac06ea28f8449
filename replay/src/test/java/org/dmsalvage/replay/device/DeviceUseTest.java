package org.dmsalvage.replay.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dmsalvage.inspect.error.OutputException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who uses a device, by copies of what the kernel tells. */
class DeviceUseTest {

  @TempDir private Path root;
  private Path sys = Path.of("");
  private DeviceUse use = DeviceUse.HERE;

  @BeforeEach
  void makeMachine() throws IOException {
    sys = Files.createDirectories(root.resolve("sys"));
    Path disk = Files.createDirectories(sys.resolve("devices/sda"));
    write(disk.resolve("dev"), "8:0");
    write(disk.resolve("device/vendor"), "ATA     ");
    write(disk.resolve("device/model"), "GOOD DISK 2000");
    Files.createDirectories(disk.resolve("holders"));
    write(disk.resolve("sda1/partition"), "1");
    write(disk.resolve("sda1/dev"), "8:1");
    Files.createDirectories(disk.resolve("sda1/holders/dm-0"));
    write(sys.resolve("devices/dm-0/dm/name"), "volume");
    write(sys.resolve("devices/dm-0/dev"), "253:0");
    write(sys.resolve("devices/loop3/loop/backing_file"), "/images/disk.img");
    link("dev/block/8:0", "devices/sda");
    link("dev/block/8:1", "devices/sda/sda1");
    link("dev/block/253:0", "devices/dm-0");
    link("class/block/loop3", "devices/loop3");
    link("class/block/dm-0", "devices/dm-0");
    use = new DeviceUse(root.resolve("proc"), sys);
    mounts("253:9", "/dev/none");
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text + "\n");
  }

  private void link(String name, String target) throws IOException {
    Path link = sys.resolve(name);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, sys.resolve(target));
  }

  private void mounts(String number, String source) throws IOException {
    write(
        root.resolve("proc/self/mountinfo"),
        "25 1 0:22 / /proc rw shared:5 - proc proc rw\n"
            + "36 35 %s / /srv/my\\040data rw,noatime shared:1 - ext4 %s rw"
                .formatted(number, source));
  }

  @Test
  void findsMountsAndHolders() throws IOException {
    assertEquals(List.of(), use.usersOf("253:0"));
    assertEquals(List.of("is part of dm-0"), use.usersOf("8:1"));
    assertEquals(List.of("is part of dm-0"), use.usersOf("8:0"), "by its partition");
    mounts("8:1", "/dev/sda1");
    String mounted = "is mounted at /srv/my data";
    assertEquals(List.of("is part of dm-0", mounted), use.usersOf("8:1"));
    assertEquals(List.of("is part of dm-0", mounted), use.usersOf("8:0"));
    mounts("0:55", "/dev/dm-0");
    assertEquals(List.of(mounted), use.usersOf("253:0"), "btrfs");
    mounts("0:56", "relative");
    assertEquals(List.of(), use.usersOf("253:0"));
    assertEquals(List.of(), use.usersOf("7:77"), "unknown");
  }

  @Test
  void findsLoopDevices() {
    assertEquals(List.of("is in use by /dev/loop3"), use.usersOf(Path.of("/images/disk.img")));
    assertEquals(List.of(), use.usersOf(Path.of("/images/other.img")));
  }

  @Test
  void knowsTheModel() {
    assertEquals("ATA GOOD DISK 2000", use.model("8:0"));
    assertEquals("volume", use.model("253:0"));
    assertEquals("", use.model("7:77"));
  }

  @Test
  void printsDeviceNumbersAsLinuxDoes() {
    assertEquals("8:17", Targets.number(0x811));
    // minor 70000 is 0x11170: its low byte below the major number 259, the rest above.
    assertEquals("259:70000", Targets.number(0x11110370L));
  }

  @Test
  void refusesAnImageInUse() throws IOException {
    Path image = Files.write(root.resolve("disk.img"), new byte[512]).toRealPath();
    write(sys.resolve("devices/loop3/loop/backing_file"), image.toString());
    OutputException refused =
        assertThrows(OutputException.class, () -> Targets.open(image.toString(), false, use));
    assertTrue(String.valueOf(refused.getMessage()).contains("loop3"), refused.toString());
    Targets.open(image.toString(), true, use).close();
  }

  @Test
  void refusesWhatIsNoDevice() {
    for (Path path : List.of(root, root.resolve("missing"), Path.of("/dev/null"))) {
      assertThrows(OutputException.class, () -> Targets.open(path.toString(), true));
    }
  }

  @Test
  void writesReadsAndDiscards() throws IOException {
    Path image = Files.write(root.resolve("disk.img"), new byte[1 << 20]);
    try (BlockDevice device = Targets.open(image.toString(), false)) {
      device.write(8192, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      device.flush();
      ByteBuffer bytes = ByteBuffer.allocate(4);
      device.read(8191, bytes);
      assertEquals(ByteBuffer.wrap(new byte[] {0, 1, 2, 3}), bytes.flip());
      device.discard(8192, 4096);
      device.read(8191, bytes.clear());
      byte left = bytes.get(1);
      assertTrue(left == 0 || left == 1, "zeros, or as before");
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> device.write((1 << 20) - 1, ByteBuffer.allocate(2)));
      assertThrows(OutputException.class, () -> Targets.open(image.toString(), false), "locked");
      Targets.dropCache(device);
    }
    Targets.open(image.toString(), false).close();
  }

  @Test
  void recognisesFileSystems() throws IOException {
    Path image = root.resolve("disk.img");
    byte[] bytes = new byte[1 << 17];
    assertEquals("", contents(image, bytes));
    bytes[510] = 0x55;
    bytes[511] = (byte) 0xaa;
    assertEquals("a partition table", contents(image, bytes));
    bytes[1080] = 0x53;
    bytes[1081] = (byte) 0xef;
    assertEquals("ext2, ext3 or ext4", contents(image, bytes));
    byte[] btrfs = "_BHRfS_M".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(btrfs, 0, bytes, 65600, 8);
    assertEquals("Btrfs", contents(image, bytes));
    assertEquals("", contents(image, new byte[100]));
  }

  private static String contents(Path image, byte[] bytes) throws IOException {
    Files.write(image, bytes);
    try (BlockDevice device = Targets.open(image.toString(), false)) {
      DeviceIdentity identity = Targets.identify(device);
      assertTrue(identity.describe().contains(bytes.length + " bytes"), identity.describe());
      return identity.contents();
    }
  }
}
