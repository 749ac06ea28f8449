package org.dmsalvage.inspect.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Caches that lie anywhere on a disk are found where they are. */
class ScanTest {

  private static final long MIB = 1 << 20;

  @TempDir private Path directory;
  private Path disk = Path.of("");

  @BeforeEach
  void makeDisk() throws IOException {
    disk = directory.resolve("disk");
    write(new byte[1], 512 * MIB - 1);
  }

  private void write(byte[] bytes, long offset) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            disk, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
      // Zeros stay holes.
      for (int at = 0; at < bytes.length; at += 512) {
        int length = Math.min(512, bytes.length - at);
        ByteBuffer sector = ByteBuffer.wrap(bytes, at, length);
        if (sector.mismatch(ByteBuffer.allocate(length)) >= 0) {
          channel.write(sector, offset + at);
        }
      }
      if (channel.size() == 0) {
        channel.write(ByteBuffer.allocate(1), offset);
      }
    }
  }

  private byte[] image(String set, boolean plog) throws IOException {
    GoldenSet.Images images = GoldenSets.get(set).unpack(Files.createTempDirectory(directory, "x"));
    Path file = plog ? images.plog() : images.cache();
    assertTrue(file != null);
    return Files.readAllBytes(file);
  }

  private long hide(String set, long offset) throws IOException {
    byte[] bytes = image(set, false);
    write(bytes, offset);
    return bytes.length;
  }

  private Candidates.Result scan() {
    try (BlockSource source = Images.open(disk.toString())) {
      return Candidates.scan(source, Progress.NONE);
    }
  }

  private static String of(Candidate candidate) {
    return "%s %s %d %d %s"
        .formatted(
            candidate.kind(),
            candidate.format(),
            candidate.offset(),
            candidate.size(),
            String.join(" ", candidate.options()));
  }

  private static String expected(
      String kind, String format, long offset, long size, String forced) {
    return "%s %s %d %d %s--offset %d%s"
        .formatted(kind, format, offset, size, forced, offset, size < 0 ? "" : " --size " + size);
  }

  @Test
  void findsCachesAtAnySector() throws IOException {
    long wrapped = hide("wb-crash", 10 * MIB + 512);
    long entries = hide("wc4096-crash", 100 * MIB + 1536);
    long small = hide("wb-o7-wrapped-crash", 200 * MIB + 3 * 512);
    hide("wbp-o7-crash", 300 * MIB);
    byte[] plog = image("wbp-o7-crash", true);
    write(plog, 350 * MIB);
    Candidates.Result result = scan();
    List<Candidate> found = result.candidates();
    assertEquals(
        List.of(
            expected("writeboost", "writeboost-2", 10 * MIB + 512, wrapped, ""),
            expected("writecache", "writecache", 100 * MIB + 1536, entries, ""),
            expected("writeboost", "writeboost-2014", 200 * MIB + 1536, small, ""),
            expected("writeboost", "writeboost-2014", 300 * MIB, -1, "")),
        found.stream().filter(c -> !c.kind().equals("plog")).map(ScanTest::of).toList());
    assertTrue(found.stream().allMatch(Candidate::certain));
    Candidate log = found.getLast();
    assertEquals("plog", log.kind());
    assertTrue(log.offset() >= 350 * MIB && log.offset() < 350 * MIB + plog.length);
    assertTrue(result.readBytes() < 64 * MIB, result.readBytes() + " bytes read: no hole skipped");
  }

  @Test
  void findsInsituByItsSuperblock() throws IOException {
    long size = hide("is-lzo-wb-crash", 50 * MIB + 512);
    assertEquals(
        List.of(expected("insitu", "insitu", 50 * MIB + 512, size, "")),
        scan().candidates().stream().map(ScanTest::of).toList());
  }

  @Test
  void tellsFromTheSegmentsWhereALostSuperblockWas() throws IOException {
    byte[] cache = image("wb-crash", false);
    cache[0] ^= (byte) 0xff;
    cache[1] ^= (byte) 0xff;
    write(cache, 20 * MIB);
    assertEquals(
        List.of(
            expected(
                "writeboost", "writeboost-2", 20 * MIB, cache.length, "--format writeboost-2 ")),
        scan().candidates().stream().map(ScanTest::of).toList());
  }

  @Test
  void findsATableWithoutItsSuperblock() throws IOException {
    byte[] cache = image("wc4096-crash", false);
    for (int i = 0; i < 512; i++) {
      cache[i] = 0;
    }
    write(cache, 20 * MIB);
    List<Candidate> found = scan().candidates();
    assertEquals(1, found.size(), found.toString());
    assertEquals("entries", found.getFirst().kind());
    assertEquals(20 * MIB + 512, found.getFirst().offset());
    assertTrue(!found.getFirst().certain());
  }

  @Test
  void doesNotTakeAHeaderForASegmentWhoseDataIsWrong() throws IOException {
    byte[] cache = image("wb-crash", false);
    for (int at = (int) MIB + 4096; at < cache.length; at += 512) {
      cache[at] ^= 1;
    }
    write(cache, 20 * MIB);
    List<Candidate> found = scan().candidates();
    assertTrue(found.size() <= 1, found.toString());
    for (Candidate candidate : found) {
      assertTrue(
          candidate.evidence().getFirst().matches("[0-3] segments.*"), "empty ones have no data");
    }
  }

  @Test
  void findsNothingInNoise() throws IOException {
    byte[] noise = new byte[8 << 20];
    new Random(3).nextBytes(noise);
    ByteBuffer buffer = ByteBuffer.wrap(noise).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(4);
    for (int at = 0; at < noise.length / 2; at += 512) {
      buffer.putLong(at, random.nextInt(1 << 20));
      buffer.put(at + 12, (byte) random.nextInt(128));
      for (int i = 512; i < 1024 && at + i + 8 < noise.length; i += 16) {
        buffer.putLong(at + i, 8L * random.nextInt(1 << 20));
      }
    }
    write(noise, 64 * MIB);
    Candidates.Result result = scan();
    assertEquals(List.of(), result.candidates());
    assertEquals(0, result.unreadableBytes());
  }
}
