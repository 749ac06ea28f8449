package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients that others wrote make of a recovered view under an overlay. */
@Timeout(120)
class ThirdPartyWriteTest {

  @TempDir private Path directory;
  private GoldenSet.Images images;
  private byte[] backing;
  private byte[] cache;
  private Path socket;
  private String uri;

  @BeforeEach
  void unpack() throws Exception {
    images = GoldenSets.get("wc4096-crash").unpack(directory.resolve("set"));
    backing = Files.readAllBytes(images.backing());
    cache = Files.readAllBytes(images.cache());
    socket = directory.resolve("s");
    uri = "nbd+unix:///recovered?socket=" + socket;
  }

  private RunningServer serve() throws InterruptedException {
    return new RunningServer(
        socket,
        List.of(
            "--overlay",
            directory.resolve("overlay").toString(),
            images.cache().toString(),
            "--backing",
            String.valueOf(images.backing())));
  }

  @Test
  void nbdcopyWritesAWholeDeviceThatIsThereInTheNextRun() throws Exception {
    Tool.require("nbdcopy", "nbdinfo", "qemu-img");
    byte[] data = new byte[backing.length];
    new Random(8).nextBytes(data);
    Arrays.fill(data, data.length / 4, data.length / 2, (byte) 0);
    Path source = Files.write(directory.resolve("source"), data);
    try (RunningServer server = serve()) {
      assertTrue(server.out().contains("writable"), server.out());
      for (String can : List.of("write", "trim", "zero", "fua", "flush", "multi-conn")) {
        Tool.run("nbdinfo", "--can", can, uri);
      }
      Tool.run("nbdcopy", "--connections=4", "--flush", source.toString(), uri);
    }
    try (RunningServer server = serve()) {
      Path copy = directory.resolve("copy");
      Tool.run("nbdcopy", "--connections=4", uri, copy.toString());
      assertArrayEquals(data, Files.readAllBytes(copy), server.err());
      assertTrue(
          Tool.run("nbdinfo", "--map=dmsalvage:dirty", "--totals", uri)
              .matches("(?s).* 100.0% +2\\s+"));
    }
    assertArrayEquals(backing, Files.readAllBytes(images.backing()));
    assertArrayEquals(cache, Files.readAllBytes(images.cache()));
  }

  @Test
  void qemuWritesZeroesDiscardsAndForces() throws Exception {
    Tool.require("qemu-io");
    try (RunningServer server = serve()) {
      String output =
          Tool.run(
              "qemu-io",
              "-f",
              "raw",
              "-c",
              "write -P 0xaa 0 64k",
              "-c",
              "write -f -P 0xbb 4k 1k",
              "-c",
              "write -P 0xcc 65537 511",
              "-c",
              "write -z 8k 8k",
              "-c",
              "write -z -u 32k 4k",
              "-c",
              "discard 16k 8k",
              "-c",
              "flush",
              "-c",
              "read -P 0xaa 0 4k",
              "-c",
              "read -P 0xbb 4k 1k",
              "-c",
              "read -P 0xaa 5k 3k",
              "-c",
              "read -P 0 8k 8k",
              "-c",
              "read -P 0 32k 4k",
              "-c",
              "read -P 0xcc 65537 511",
              "-c",
              "read -P 0xaa 48k 16k",
              uri);
      assertTrue(!output.contains("failed"), output + server.err());
    }
  }

  @Test
  void fioVerifiesWhatItWrote() throws Exception {
    Tool.require("fio");
    try (RunningServer server = serve()) {
      String output =
          Tool.run(
              "fio",
              "--name=verify",
              "--ioengine=nbd",
              "--uri=" + uri,
              "--rw=randwrite",
              "--bsrange=512-16k",
              "--blockalign=512",
              "--iodepth=32",
              "--size=4M",
              "--io_size=3M",
              "--fsync=64",
              "--verify=crc32c",
              "--verify_fatal=1",
              "--verify_state_save=0",
              "--randseed=7");
      assertTrue(output.contains("err= 0"), output + server.err());
    }
    assertEquals(cache.length, Files.size(images.cache()));
  }
}
