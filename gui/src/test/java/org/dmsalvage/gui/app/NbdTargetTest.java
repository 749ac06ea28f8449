package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.tool.Tools;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk behind a cache is an export of a server. */
class NbdTargetTest {

  @TempDir private Path directory;
  private final List<Process> servers = new ArrayList<>();
  private String cache = "";
  private Path backing = Path.of("");
  private String before = "";
  private String recovered = "";
  private String undo = "";

  @BeforeEach
  void unpack() throws Exception {
    GoldenSet.Images images = GoldenSets.get("wb-crash").unpack(directory);
    cache = images.cache().toString();
    backing = images.backing();
    before = VolumesTest.sha256(backing);
    undo = directory.resolve("undo").toString();
    Path copy = directory.resolve("copy.img");
    Run run = Run.of("flush", cache, "--backing", "" + backing, "--output", "" + copy);
    assertTrue(run.status() == 0 || run.status() == 4, run.err());
    recovered = VolumesTest.sha256(copy);
    assertTrue(!recovered.equals(before), "nothing to write");
  }

  @AfterEach
  void endServers() {
    servers.forEach(Process::destroyForcibly);
  }

  private Path socket() {
    return directory.resolve("socket");
  }

  private String uri() {
    return "nbd+unix:///?socket=" + socket();
  }

  private void serve(String... command) throws IOException, InterruptedException {
    assumeTrue(Tools.have(command[0]));
    servers.add(Tools.serve(socket(), directory.resolve("log"), command));
  }

  private void nbdkit(String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("nbdkit", "-f", "-U", "" + socket()));
    command.addAll(List.of(more));
    serve(command.toArray(String[]::new));
  }

  private JsonNode flush(int status, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("flush", cache, "--backing", uri(), "--in-place", "--undo", undo, "--yes"));
    command.addAll(List.of("--hash", "--json"));
    command.addAll(List.of(more));
    Run run = Run.of(command.toArray(String[]::new));
    assertEquals(status, run.status(), run.err() + run.out());
    return run.out().isEmpty() ? null : new ObjectMapper().readTree(run.out());
  }

  private void flushesAndTakesBack() throws Exception {
    JsonNode done = flush(0);
    assertEquals(recovered, done.path("logical").path("sha256").asText());
    assertTrue(done.path("writtenBytes").asLong() > 0, done.toString());
    assertEquals(recovered, VolumesTest.sha256(backing));
    assertEquals(0, flush(0).path("writtenBytes").asLong(), "all is there");
    Run back = Run.of("undo", undo);
    assertEquals(0, back.status(), back.err());
    assertEquals(before, VolumesTest.sha256(backing));
  }

  @Test
  void writesThroughNbdkit() throws Exception {
    nbdkit("file", backing.toString());
    flushesAndTakesBack();
  }

  @Test
  void writesThroughQemuNbd() throws Exception {
    serve(
        "qemu-nbd",
        "--persistent",
        "--shared=4",
        "--format=raw",
        "-k",
        socket().toString(),
        backing.toString());
    flushesAndTakesBack();
  }

  @Test
  void writesToAServerOfLargeBlocks() throws Exception {
    nbdkit(
        "--filter=blocksize-policy",
        "file",
        backing.toString(),
        "blocksize-minimum=4096",
        "blocksize-preferred=4096",
        "blocksize-maximum=64K",
        "blocksize-error-policy=error");
    flushesAndTakesBack();
  }

  @Test
  void listsWhatTheServerRefuses() throws Exception {
    Path trigger = directory.resolve("trigger");
    Files.createFile(trigger);
    nbdkit(
        "--filter=error",
        "file",
        backing.toString(),
        "error-pwrite=EIO",
        "error-pwrite-rate=100%",
        "error-pwrite-file=" + trigger);
    JsonNode refused = flush(4);
    assertTrue(refused.path("notWritten").size() > 0, refused.toString());
    assertEquals(before, VolumesTest.sha256(backing));
    Files.delete(trigger);
    assertEquals(recovered, flush(0).path("logical").path("sha256").asText());
    assertEquals(recovered, VolumesTest.sha256(backing));
  }

  private Run flushOver(String... more) {
    List<String> command = new ArrayList<>(List.of("flush", cache, "--backing", "" + backing));
    command.addAll(List.of("--output", uri(), "--hash", "--json"));
    command.addAll(List.of(more));
    return Run.of(command.toArray(String[]::new));
  }

  private Path blank(long bytes) throws IOException {
    Path disk = directory.resolve("disk.img");
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      int _ = channel.write(ByteBuffer.allocate(1), bytes - 1);
    }
    return disk;
  }

  private void overwrites(Path disk) throws Exception {
    Run run = flushOver();
    assertEquals(0, run.status(), run.err());
    JsonNode done = new ObjectMapper().readTree(run.out());
    assertEquals(recovered, done.path("logical").path("sha256").asText());
    assertEquals(uri(), done.path("backing").path("path").asText());
    assertEquals(recovered, VolumesTest.sha256(disk));
    assertEquals(before, VolumesTest.sha256(backing));
  }

  @Test
  void overwritesAnExport() throws Exception {
    Path disk = blank(Files.size(backing));
    nbdkit("file", disk.toString());
    overwrites(disk);
    Run again = flushOver();
    assertEquals(8, again.status(), again.err());
    assertTrue(again.err().contains("holds something already"), again.err());
    byte[] rubbish = new byte[1 << 20];
    Arrays.fill(rubbish, (byte) 0x5a);
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      for (long at = 0; at < Files.size(disk); at += rubbish.length) {
        int _ = channel.write(ByteBuffer.wrap(rubbish), at);
      }
    }
    Run forced = flushOver("--force", "--report", directory.resolve("report").toString());
    assertEquals(0, forced.status(), forced.err());
    assertEquals(recovered, VolumesTest.sha256(disk), "zeros, too");
    String report = Files.readString(directory.resolve("report/report.json"));
    assertTrue(report.contains(recovered) && report.contains(uri()), report);
  }

  @Test
  void overwritesAnExportOfLargeBlocksThatCannotZero() throws Exception {
    Path disk = blank(Files.size(backing));
    nbdkit(
        "--filter=blocksize-policy",
        "--filter=nozero",
        "file",
        disk.toString(),
        "blocksize-minimum=64K",
        "blocksize-preferred=64K",
        "blocksize-maximum=64K",
        "blocksize-error-policy=error");
    overwrites(disk);
  }

  @Test
  void refusesAnExportOfAnotherSize() throws Exception {
    Path disk = blank(Files.size(backing) + 4096);
    nbdkit("file", disk.toString());
    for (Run run : List.of(flushOver("--force"), flushOver("--force", "--dry-run"))) {
      assertEquals(8, run.status(), run.err());
      assertTrue(run.err().contains("bytes, the recovered disk has"), run.err());
    }
  }

  @Test
  void refusesAnExportThatIsReadOnly() throws Exception {
    nbdkit("-r", "file", backing.toString());
    Run run = Run.of("flush", cache, "--backing", uri(), "--in-place", "--undo", undo, "--yes");
    assertEquals(8, run.status(), run.err());
    assertTrue(run.err().contains("lets nobody write"), run.err());
  }

  @Test
  void recoversFromAndRefusesToWriteIntoAVirtualDisk() throws Exception {
    assumeTrue(Tools.have("qemu-img", "qemu-nbd"));
    String disk = directory.resolve("disk").toString();
    // So large that every place of the disk is also one of the file.
    String full = "preallocation=full";
    Tools.run("qemu-img", "convert", "-O", "qcow2", "-o", full, backing.toString(), disk);
    String was = VolumesTest.sha256(Path.of(disk));
    Run run = Run.of("replay", cache, "--backing", disk, "--hash", "--json");
    assertEquals(
        recovered,
        new ObjectMapper().readTree(run.out()).path("logical").path("sha256").asText(),
        run.err());
    Path output = directory.resolve("out.img");
    Run copied = Run.of("flush", cache, "--backing", disk, "--output", output.toString());
    assertEquals(0, copied.status(), copied.err());
    assertEquals(recovered, VolumesTest.sha256(output));
    Run refused = Run.of("flush", cache, "--backing", disk, "--in-place", "--undo", undo, "--yes");
    assertEquals(8, refused.status(), refused.err());
    assertTrue(refused.err().contains("is a qcow2 image, whose disk is only read"), refused.err());
    assertEquals(was, VolumesTest.sha256(Path.of(disk)));
    Run forced =
        Run.of("flush", cache, "--backing", disk, "--in-place", "--undo", undo, "--yes", "--force");
    assertEquals(8, forced.status(), forced.err());
    assertEquals(was, VolumesTest.sha256(Path.of(disk)));
    Run raw = Run.of("inspect", "--raw", disk);
    assertEquals(8, raw.status(), raw.out());
  }
}
