package org.dmsalvage.inspect.captive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.dmsalvage.fixtures.tool.Tools;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.source.Sources;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks in wrappings that the real tools made. */
class CaptiveImagesTest {

  private static final int SIZE = 3 << 20;

  @TempDir private Path directory;
  private final byte[] bytes = new byte[SIZE];
  private Path raw = Path.of("");

  @BeforeEach
  void makeImage() throws IOException {
    new Random(11).nextBytes(bytes);
    Arrays.fill(bytes, 1 << 20, 2 << 20, (byte) 0);
    raw = Files.write(directory.resolve("raw"), bytes);
  }

  private static byte[] contents(String name) {
    try (BlockSource source = Sources.open(name)) {
      assertEquals(name, source.name());
      ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(source.size()));
      source.read(0, all);
      return all.array();
    }
  }

  private String convert(String format, String... options) throws Exception {
    assumeTrue(Tools.have("qemu-img", "qemu-nbd"));
    String image = directory.resolve("a disk, of sorts").toString();
    String[] command = {"qemu-img", "convert", "-q", "-f", "raw", "-O", format};
    command = Arrays.copyOf(command, command.length + options.length + 2);
    System.arraycopy(options, 0, command, 7, options.length);
    command[command.length - 2] = raw.toString();
    command[command.length - 1] = image;
    Tools.run(command);
    return image;
  }

  @ParameterizedTest
  @CsvSource({
    "qcow2, compat=1.1, QCOW2",
    "qcow2, compat=0.10, QCOW2",
    "vmdk, subformat=monolithicSparse, VMDK",
    "vmdk, subformat=streamOptimized, VMDK",
    "vdi, static=off, VDI",
    "vhdx, subformat=dynamic, VHDX"
  })
  void readsVirtualDisks(String format, String option, Wrapping expected) throws Exception {
    String image = convert(format, "-o", option);
    assertEquals(Optional.of(expected), Wrapping.of(image));
    byte[] read = contents(image);
    assertArrayEquals(bytes, Arrays.copyOf(read, SIZE));
  }

  @Test
  void readsAVmdkOfSeveralFiles() throws Exception {
    String image = convert("vmdk", "-o", "subformat=twoGbMaxExtentFlat");
    assertTrue(Files.readString(Path.of(image)).startsWith("# Disk DescriptorFile"));
    assertArrayEquals(bytes, contents(image));
    String text = Files.readString(Path.of(image));
    Files.writeString(Path.of(image), text.replaceFirst("FLAT \"[^\"]*\"", "FLAT \"" + raw + "\""));
    String refusal = assertThrows(SalvageException.class, () -> contents(image)).getMessage();
    assertTrue(refusal.contains("another directory"), refusal);
    Files.writeString(Path.of(image), text.replace("parentCID=ffffffff", "parentCID=12345678"));
    refusal = assertThrows(SalvageException.class, () -> contents(image)).getMessage();
    assertTrue(refusal.contains("has a parent"), refusal);
  }

  @Test
  void knowsTheHolesOfAVirtualDisk() throws Exception {
    try (BlockSource source = Sources.open(convert("qcow2"))) {
      assertEquals(1 << 20, source.nextHole(0));
      assertEquals(2 << 20, source.nextData(1 << 20));
    }
  }

  @Test
  void readsNoOtherFileUnasked() throws Exception {
    String image = convert("qcow2");
    String over = directory.resolve("over").toString();
    Tools.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", over);
    SalvageException refusal = assertThrows(UnsupportedImageException.class, () -> contents(over));
    assertTrue(refusal.getMessage().contains("has a backing file"), refusal.getMessage());
    String outside = directory.resolve("outside").toString();
    Tools.run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + directory.resolve("data"),
        outside,
        "1M");
    refusal = assertThrows(UnsupportedImageException.class, () -> contents(outside));
    assertTrue(refusal.getMessage().contains("data in another file"), refusal.getMessage());
  }

  @Test
  void passesOnWhatTheProgramComplainsAbout() throws Exception {
    String image = convert("qcow2");
    byte[] damaged = Files.readAllBytes(Path.of(image));
    damaged[23] = 63; // cluster bits
    Files.write(Path.of(image), damaged);
    SalvageException failure = assertThrows(UnreadableException.class, () -> contents(image));
    assertTrue(
        failure.getMessage().matches("(?s).* that qemu-nbd cannot read: .*[Cc]luster size.*"),
        failure.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "xz", "zstd", "bzip2"})
  void readsWhatIsCompressed(String program) throws Exception {
    assumeTrue(Tools.have(program, "dd", "setsid"));
    Tools.run(program, "-kq", raw.toString());
    Path packed =
        directory.resolve(
            switch (program) {
              case "gzip" -> "raw.gz";
              case "zstd" -> "raw.zst";
              case "bzip2" -> "raw.bz2";
              default -> "raw.xz";
            });
    Path renamed = Files.move(packed, directory.resolve("image-" + program));
    assertEquals(
        program.toUpperCase(Locale.ROOT), Wrapping.of(renamed.toString()).orElseThrow().name());
    try (BlockSource source = Sources.open(renamed.toString())) {
      ByteBuffer all = ByteBuffer.allocate(SIZE);
      assertEquals(SIZE, source.size());
      source.read(0, all);
      assertArrayEquals(bytes, all.array());
      assertEquals(2 << 20, source.nextData(1 << 20), "zeros are a hole");
    }
    Files.write(renamed, Arrays.copyOf(Files.readAllBytes(renamed), 1 << 20));
    SalvageException failure =
        assertThrows(UnreadableException.class, () -> contents(renamed.toString()));
    assertTrue(failure.getMessage().contains(program + " cannot read: "), failure.getMessage());
  }

  @Test
  void takesNothingElseForWrapped() throws IOException {
    assertEquals(Optional.empty(), Wrapping.of(raw.toString()));
    assertEquals(Optional.empty(), Wrapping.of(directory.toString()));
    assertEquals(Optional.empty(), Wrapping.of("/dev/zero"));
    assertEquals(Optional.empty(), Wrapping.of(directory.resolve("none").toString()));
    Path almost = Files.write(directory.resolve("almost"), new byte[] {0x1f, (byte) 0x8b, 8});
    assertEquals(Optional.of(Wrapping.GZIP), Wrapping.of(almost.toString()));
    Files.write(almost, new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 77});
    assertEquals(Optional.empty(), Wrapping.of(almost.toString()));
  }

  @Test
  void saysWhoShowsEvidenceFilesAsRaw() throws IOException {
    byte[] head = new byte[512];
    byte[] magic = {'E', 'V', 'F', 9, 13, 10, (byte) 0xff, 0};
    System.arraycopy(magic, 0, head, 0, 8);
    Path image = Files.write(directory.resolve("disk.E01"), head);
    String text =
        assertThrows(UnsupportedImageException.class, () -> contents(image.toString()))
            .getMessage();
    assertTrue(text.contains("ewfmount " + image), text);
    assertTrue(text.contains("ewf-tools"), text);
  }

  @Test
  void namesTheProgramThatIsMissing() {
    UnsupportedImageException missing =
        new UnsupportedImageException("x", Programs.missing(Wrapping.QCOW2));
    assertTrue(
        missing.getMessage().contains("qemu-nbd: it is not installed (Debian package qemu-utils)"),
        missing.getMessage());
    assertFalse(Programs.has("no-program-has-this-name"));
    assertTrue(Programs.has("sh"));
  }

  @Test
  void theProgramEndsWithItsImage() throws Exception {
    assumeTrue(Tools.have("setsid", "mktemp"));
    Captive captive = new Captive("echo $$ >\"$1/pid\"; exec sleep 1000", List.of());
    Path place = Path.of(captive.directory());
    while (!Files.exists(place.resolve("pid")) || Files.size(place.resolve("pid")) == 0) {
      assertFalse(captive.ended());
      Thread.sleep(5);
    }
    long pid = Long.parseLong(Files.readString(place.resolve("pid")).strip());
    ProcessHandle sleeper = ProcessHandle.of(pid).orElseThrow();
    captive.close();
    assertFalse(sleeper.isAlive());
    assertFalse(Files.exists(place));
  }

  @Test
  void theProgramEndsWhenWeAreKilled() throws Exception {
    assumeTrue(Tools.have("setsid", "mktemp"));
    Path pidFile = directory.resolve("pid");
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Forgetful.class.getName(),
                pidFile.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    while (!Files.exists(pidFile) || Files.size(pidFile) == 0) {
      assertTrue(child.isAlive(), () -> "see the log");
      Thread.sleep(5);
    }
    String[] told = Files.readString(pidFile).strip().split(" ", -1);
    ProcessHandle sleeper = ProcessHandle.of(Long.parseLong(told[0])).orElseThrow();
    child.destroyForcibly();
    assertTrue(child.waitFor(10, TimeUnit.SECONDS));
    ProcessHandle _ = sleeper.onExit().get(20, TimeUnit.SECONDS);
    for (int i = 0; Files.exists(Path.of(told[1])); i++) {
      assertTrue(i < 2000, told[1] + " is left behind");
      Thread.sleep(5);
    }
  }

  /** Starts a program and never ends it. */
  static final class Forgetful {
    public static void main(String[] args) throws Exception {
      @SuppressWarnings("resource")
      Captive captive = new Captive("echo $$ \"$1\" >\"$2\"; exec sleep 1000", List.of(args[0]));
      assertFalse(captive.ended());
      Thread.sleep(600_000);
    }
  }
}
