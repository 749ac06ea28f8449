package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.dmsalvage.fixtures.golden.DiskImages;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.volume.Disks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cache is found, and recovered, on the disks as they were imaged. */
class VolumesTest {

  private static final String SET = "lvm-writecache";

  @TempDir private Path directory;
  private String first = "";
  private String second = "";

  @BeforeEach
  void unpack() throws IOException {
    first = DiskImages.unpack(SET, "pv1.img", directory).toString();
    second = DiskImages.unpack(SET, "pv2.img", directory).toString();
  }

  private static String truth(String key) throws IOException {
    return DiskImages.truth(SET).getProperty(key);
  }

  static String sha256(Path file) throws IOException, GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
  }

  private static JsonNode json(Run run) throws IOException {
    assertEquals(0, run.status(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  private static JsonNode valid(Run run) throws IOException {
    JsonNode document = json(run);
    try (InputStream in = Formats.class.getResourceAsStream("schema/inspect-1.json")) {
      assertEquals(
          Set.of(),
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
              .getSchema(in)
              .validate(document));
    }
    return document;
  }

  private static JsonNode volume(JsonNode document, String name) {
    for (JsonNode volume : document.path("volumes")) {
      if (volume.path("name").asText().equals(name)) {
        return volume;
      }
    }
    throw new AssertionError("no volume " + name + " in " + document);
  }

  @Test
  void listsTheVolumesAndWhatTheyHold() throws IOException {
    JsonNode document = valid(Run.of("inspect", "--json", first, second));
    assertEquals("disk", document.path("format").asText());
    assertEquals(1, document.path("summary").path("caches").asInt());
    assertEquals(10, document.path("volumeGroups").path(0).path("history").size());
    JsonNode main = volume(document, "vault/main");
    assertEquals("writecache", main.path("format").asText());
    assertEquals("vault/main_wcorig", main.path("origin").asText());
    assertEquals("writecache", volume(document, "vault/fast_cvol").path("format").asText());
    assertTrue(volume(document, "vault/wide").path("format").isNull());
    valid(Run.of("inspect", "--json", second));
    Run text = Run.of("inspect", first, second);
    assertTrue(
        text.out().contains("dmsalvage inspect --volume vault/main " + first + " " + second),
        text.out());
  }

  @Test
  void recoversWhatTheKernelShows() throws Exception {
    JsonNode replay =
        json(Run.of("replay", "--volume", "vault/main", first, second, "--hash", "--json"));
    assertEquals(truth("vault/main.sha256"), replay.path("logical").path("sha256").asText());
    Path output = directory.resolve("recovered.img");
    Run flush =
        Run.of("flush", "--volume", "vault/main", second, first, "--output", output.toString());
    assertEquals(0, flush.status(), flush.err());
    assertEquals(truth("vault/main.sha256"), sha256(output));
    assertEquals(truth("pv1.img.sha256"), sha256(Path.of(first)), "inputs are only read");
    assertEquals(truth("pv2.img.sha256"), sha256(Path.of(second)), "inputs are only read");
  }

  @Test
  void findsPhysicalVolumesInPartitions() throws Exception {
    Path disk = DiskImages.unpack("partition-tables", "gpt.img", directory);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(2 << 20);
      file.write(Files.readAllBytes(Path.of(first)));
    }
    JsonNode document = valid(Run.of("inspect", "--json", disk.toString(), second));
    assertEquals("gpt, lvm2", document.path("variant").asText());
    assertTrue(volume(document, "1:2").path("physicalVolume").asBoolean());
    for (String name : new String[] {"vault/main", "vault/fast_cvol"}) {
      JsonNode replay =
          json(Run.of("replay", "--volume", name, disk.toString(), second, "--hash", "--json"));
      assertEquals(truth("vault/main.sha256"), replay.path("logical").path("sha256").asText());
    }
    JsonNode check =
        json(Run.of("check", "--volume", "vault/fast_cvol", "--json", disk.toString(), second));
    assertEquals("clean", check.path("verdict").asText());
  }

  @Test
  void opensPartitionsAndVolumesByName() throws Exception {
    // A cache and its disk in two partitions: the bytes of the logical volumes put there.
    Path disk = DiskImages.unpack("partition-tables", "gpt.img", directory);
    Path cvol = directory.resolve("cvol");
    List<String> parts = new ArrayList<>(List.of("--volume", "2", disk.toString()));
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw");
        RandomAccessFile pv1 = new RandomAccessFile(first, "r");
        RandomAccessFile pv2 = new RandomAccessFile(second, "r")) {
      byte[] bytes = new byte[5 << 20];
      pv2.seek(10 << 20);
      pv2.readFully(bytes, 0, 3 << 20);
      pv1.seek(1 << 20);
      pv1.readFully(bytes, 3 << 20, 2 << 20);
      file.seek(2 << 20);
      file.write(bytes);
      Files.write(cvol, bytes);
    }
    JsonNode document = valid(Run.of("inspect", "--json", disk.toString()));
    assertEquals("writecache", volume(document, "2").path("format").asText());
    parts.addAll(List.of("--backing", first, "--json", "--hash"));
    Run window = Run.of("replay", cvol.toString(), "--backing", first, "--json", "--hash");
    parts.addFirst("replay");
    assertEquals(
        json(window).path("logical"), json(Run.of(parts.toArray(String[]::new))).path("logical"));
    Run beside =
        Run.of("replay", "--volume", "2", "--backing-volume", "7", disk.toString(), "--json");
    assertEquals(
        1031680, new ObjectMapper().readTree(beside.out()).path("logical").path("bytes").asLong());
  }

  @Test
  void explainsWhatItCannotOpen() {
    Run none = Run.of("check", first, second);
    assertEquals(16, none.status());
    assertTrue(none.err().contains("--volume names one"), none.err());
    Run wrong = Run.of("check", "--volume", "vault/mainly", first, second);
    assertEquals(16, wrong.status());
    assertTrue(wrong.err().contains("there are vault/main, vault/gap2"), wrong.err());
    Run missing = Run.of("check", "--volume", "vault/fast_cvol", first);
    assertEquals(8, missing.status(), missing.err());
  }

  private String hashOf(String volume) throws IOException {
    return json(Run.of("replay", "--volume", volume, first, second, "--hash", "--json"))
        .path("logical")
        .path("sha256")
        .asText();
  }

  @Test
  void writesIntoTheOriginInsideTheDisksAndBack() throws Exception {
    String undo = directory.resolve("undo").toString();
    List<String> flush =
        List.of("flush", "--volume", "vault/main", first, second, "--in-place", "--hash", "--json");
    List<String> real = new ArrayList<>(flush);
    real.addAll(List.of("--undo", undo, "--yes"));
    List<String> dry = new ArrayList<>(flush);
    dry.add("--dry-run");
    JsonNode planned = json(Run.of(dry.toArray(String[]::new)));
    assertEquals(truth("pv2.img.sha256"), sha256(Path.of(second)), "nothing is written");
    JsonNode done = json(Run.of(real.toArray(String[]::new)));
    assertEquals(truth("vault/main.sha256"), done.path("logical").path("sha256").asText());
    assertEquals(planned.path("bytesToWrite").asLong(), done.path("writtenBytes").asLong());
    assertTrue(done.path("writtenBytes").asLong() > 1 << 20, done.toString());
    Path origin = directory.resolve("origin.img");
    try (BlockSource one = Images.open(first);
        BlockSource two = Images.open(second)) {
      Disks disks = new Disks(List.of(one, two));
      ByteBuffer bytes = ByteBuffer.allocate(16 << 20);
      disks.open(disks.volume("vault/main_wcorig")).read(0, bytes);
      Files.write(origin, bytes.array());
    }
    assertEquals(truth("vault/main.sha256"), sha256(origin));
    JsonNode again = json(Run.of(real.toArray(String[]::new)));
    assertEquals(truth("vault/main.sha256"), again.path("logical").path("sha256").asText());
    Run undone = Run.of("undo", undo);
    assertEquals(0, undone.status(), undone.err());
    assertEquals(truth("pv1.img.sha256"), sha256(Path.of(first)));
    assertEquals(truth("pv2.img.sha256"), sha256(Path.of(second)));
  }

  @Test
  void emptiesTheCacheInsideTheDisksAndBack() throws Exception {
    String undo = directory.resolve("undo").toString();
    String[] flush = {
      "flush",
      "--volume",
      "vault/main",
      first,
      second,
      "--in-place",
      "--mark-clean",
      "--undo",
      undo,
      "--yes"
    };
    Run done = Run.of(flush);
    assertEquals(0, done.status(), done.err());
    JsonNode inspected =
        json(Run.of("inspect", "--volume", "vault/fast_cvol", first, second, "--json"));
    assertEquals(0, inspected.path("summary").path("dirtyBytes").asLong());
    assertEquals(truth("vault/main.sha256"), hashOf("vault/main"), "now from the origin alone");
    Run again = Run.of(flush);
    assertEquals(0, again.status(), again.err());
    assertEquals(0, Run.of("undo", undo).status());
    assertEquals(truth("pv1.img.sha256"), sha256(Path.of(first)));
    assertEquals(truth("pv2.img.sha256"), sha256(Path.of(second)));
  }

  @Test
  void repairsACacheInsideTheDisksAndBack() throws Exception {
    List<Path> disks = List.of(Path.of(first), Path.of(second));
    long magic = damageMagic("vault/fast_cvol");
    List<String> damaged = List.of(sha256(disks.get(0)), sha256(disks.get(1)));
    String undo = directory.resolve("undo").toString();
    String[] repair = {
      "repair", "--volume", "vault/main", first, second, "--apply", "--undo", undo, "--yes"
    };
    Run repaired = Run.of(repair);
    assertEquals(1, repaired.status(), repaired.err());
    assertEquals(truth("pv1.img.sha256"), sha256(disks.get(0)), "byte " + magic);
    assertEquals(truth("pv2.img.sha256"), sha256(disks.get(1)), "byte " + magic);
    assertEquals(truth("vault/main.sha256"), hashOf("vault/main"));
    assertEquals(0, Run.of("undo", undo).status());
    assertEquals(damaged, List.of(sha256(disks.get(0)), sha256(disks.get(1))));
  }

  /** Changes a byte of a writecache's magic number, on the disk where it is; returns its place. */
  private long damageMagic(String name) throws IOException {
    Placement where;
    try (BlockSource one = Images.open(first);
        BlockSource two = Images.open(second)) {
      Disks disks = new Disks(List.of(one, two));
      where = new Placement(List.of(first, second), disks.open(disks.volume(name)).layout());
    }
    Layout.Stripe stripe = where.layout().runs().getFirst().stripes().getFirst();
    try (FileChannel disk =
        FileChannel.open(
            Path.of(where.paths().get(stripe.image())),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(1);
      assertEquals(1, disk.read(bytes, stripe.offset()));
      bytes.put(0, (byte) (bytes.get(0) ^ 0x40));
      assertEquals(1, disk.write(bytes.flip(), stripe.offset()));
    }
    return stripe.offset();
  }

  @Test
  void refusesToWriteAVolumeOfWhichADiskIsMissing() {
    Run run =
        Run.of(
            "flush",
            "--volume",
            "vault/fast_cvol",
            second,
            "--in-place",
            "--yes",
            "--undo",
            directory.resolve("undo").toString());
    assertEquals(8, run.status(), run.err());
    assertTrue(run.err().contains("on a device that was not given"), run.err());
  }

  @Test
  void scansADiskWithoutStructures() throws Exception {
    JsonNode document = valid(Run.of("inspect", "--scan", "--json", second));
    JsonNode cache = document.path("candidates").path(0);
    assertEquals("writecache", cache.path("format").asText());
    assertEquals(10 << 20, cache.path("offset").asLong());
    assertEquals(5 << 20, cache.path("size").asLong(), "two parts of it are on the other disk");
    Run text = Run.of("inspect", "--scan", "--offset", "1M", second);
    String command = "dmsalvage inspect " + second + " --offset 10485760 --size 5242880";
    assertTrue(text.out().contains(command), text.out());
    Run opened = Run.of(command.replace("dmsalvage ", "").split(" "));
    assertEquals(0, opened.status(), opened.err());
  }
}
