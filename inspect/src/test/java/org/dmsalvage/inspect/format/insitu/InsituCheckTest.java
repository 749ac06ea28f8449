package org.dmsalvage.inspect.format.insitu;

import static org.dmsalvage.inspect.format.insitu.TestDevice.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.check.CommonCode;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Detection.Confidence;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InsituCheckTest {

  private static final InsituFormat FORMAT = new InsituFormat();

  /** 100 blocks: extents of 4 and of 1 block, 2 blocks stored as they are. */
  private static TestDevice sample(Codec codec) {
    return TestDevice.formatted(codec, 100)
        .extent(8, text(4, 1))
        .extent(12, text(1, 2))
        .stored(40, 2, 3);
  }

  private static Findings examine(BlockSource device) {
    Findings findings = new Findings();
    FORMAT.open(OpenRequest.of(device)).examine(Depth.VERIFY, findings, Progress.NONE);
    return findings;
  }

  /** The codes found, without those that every sample has. */
  private static Set<String> codes(BlockSource device) {
    Set<String> codes = new TreeSet<>();
    examine(device).kept().forEach(finding -> codes.add(finding.code().id()));
    codes.remove("IN-STORED-UNPROVEN");
    return codes;
  }

  private static String message(BlockSource device, InsituCode code) {
    return examine(device).kept().stream()
        .filter(finding -> finding.code() == code)
        .map(Finding::message)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void countsExtents(Codec codec) {
    TestDevice device = sample(codec);
    CacheImage image = FORMAT.open(OpenRequest.of(device));
    assertEquals(100L, image.geometry().value("dataBlocks"));
    assertEquals(1L, image.geometry().value("metaBlocks"));
    assertEquals(16L, image.geometry().value("dataStartSector"));
    assertEquals(codec == Codec.LZO ? "lzo" : "deflate", image.geometry().value("algorithm"));
    Facts headers = image.examine(Depth.HEADERS, new Findings(), Progress.NONE);
    assertNull(headers.value("provenExtents"));
    Findings findings = new Findings();
    Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(3L, facts.value("extents"));
    assertEquals(2L, facts.value("compressedExtents"));
    assertEquals(7L * 4096, facts.value("logicalBytes"));
    assertEquals(93L, facts.value("unwrittenBlocks"));
    assertEquals(2L, facts.value("provenExtents"));
    assertEquals(1L, facts.value("unprovenExtents"));
    assertEquals(1, findings.kept().size());
    assertEquals(1, findings.count(InsituCode.STORED_UNPROVEN));
  }

  @Test
  void superblockContradictions() {
    TestDevice magic = sample(Codec.LZO);
    magic.bytes.put(3, (byte) (magic.bytes.get(3) ^ 4));
    assertEquals(Set.of("IN-MAGIC"), codes(magic));
    TestDevice version = sample(Codec.LZO);
    version.bytes.putLong(8, 2);
    assertEquals(Set.of("IN-VERSION"), codes(version));
    TestDevice counts = sample(Codec.LZO);
    counts.bytes.putLong(24, 12345678);
    assertEquals(Set.of("IN-GEOMETRY"), codes(counts));
    TestDevice algorithm = sample(Codec.DEFLATE);
    algorithm.bytes.put(32, (byte) 7);
    assertEquals(Set.of("IN-ALGORITHM"), codes(algorithm));
    algorithm.bytes.put(32, (byte) 0);
    assertEquals(Set.of("IN-ALGORITHM-MISMATCH"), codes(algorithm));
    TestDevice unreadable = sample(Codec.DEFLATE);
    unreadable.unreadable.set(0);
    assertEquals(Set.of("IN-SUPERBLOCK-UNREADABLE", "IO-UNREADABLE"), codes(unreadable));
  }

  @Test
  void grownAndCutImages() {
    byte[] bytes = sample(Codec.LZO).bytes.array();
    TestDevice grown = TestDevice.of(Arrays.copyOf(bytes, bytes.length + 4096));
    assertEquals(Set.of("IN-GEOMETRY"), codes(grown));
    TestDevice cut = TestDevice.of(Arrays.copyOf(bytes, 8192 + 10 * 4096));
    Findings findings = examine(cut);
    assertEquals(1, findings.count(InsituCode.GEOMETRY));
    assertEquals(1, findings.count(CommonCode.TRUNCATED));
    assertEquals(2, findings.count(InsituCode.EXTENT_UNREADABLE));
  }

  @Test
  void impossibleBits() {
    assertEquals(Set.of("IN-TAIL-WITHOUT-HEAD"), codes(sample(Codec.LZO).meta(0, 16).meta(1, 16)));
    assertTrue(codes(sample(Codec.LZO).meta(60, 9)).contains("IN-NIBBLE"));
    assertTrue(codes(sample(Codec.LZO).meta(60, 15)).contains("IN-PAYLOAD-SUM"));
    TestDevice crossing = sample(Codec.LZO).describe(31, 2, 3);
    assertEquals(Set.of("IN-EXTENT-CROSSES", "IN-UNDECODABLE"), codes(crossing));
    TestDevice longer = sample(Codec.LZO).describe(50, 33, 3);
    assertEquals(Set.of("IN-EXTENT-TOO-LONG", "IN-UNDECODABLE"), codes(longer));
    TestDevice spread = sample(Codec.LZO).meta(60, 1).meta(61, 18);
    assertTrue(codes(spread).contains("IN-PAYLOAD-SPREAD"));
    assertEquals(Set.of("IN-EMPTY-EXTENT"), codes(sample(Codec.LZO).meta(61, 16)));
    assertEquals(Set.of("IN-BITS-BEHIND-END"), codes(sample(Codec.LZO).meta(100, 1)));
  }

  /** The payloads are proved in runs of 8192 blocks. */
  @Test
  void extentAcrossTheBorderOfTwoTasks() {
    TestDevice device = TestDevice.formatted(Codec.LZO, 8500);
    assertEquals(Set.of("IN-EXTENT-CROSSES", "IN-UNDECODABLE"), codes(device.describe(8191, 2, 9)));
    device.meta(8191, 0);
    assertEquals(
        Set.of("IN-EXTENT-CROSSES", "IN-PAYLOAD-SPREAD", "IN-UNDECODABLE"),
        codes(device.meta(8192, 16 + 8)));
    assertEquals(Set.of(), codes(TestDevice.formatted(Codec.LZO, 8500).extent(8192, text(2, 1))));
  }

  @Test
  void tableOfAnotherTarget() {
    for (String target : List.of("insitu_comp", "writecache")) {
      DmTable table = new DmTable(0, 800, target, List.of("dev", "writethrough"));
      OpenRequest request =
          new OpenRequest(sample(Codec.LZO), null, null, null, table, OptionalInt.empty());
      if (target.equals("writecache")) {
        assertThrows(UsageException.class, () -> FORMAT.open(request));
      } else {
        assertEquals("insitu", FORMAT.open(request).format());
      }
    }
  }

  @Test
  void extentsThatTheDriverNeverEnds() {
    TestDevice device = TestDevice.formatted(Codec.LZO, 8500);
    assertEquals(
        Set.of("IN-EXTENT-TOO-LONG", "IN-UNDECODABLE"), codes(device.describe(0, 8191, 8)));
    assertEquals(Set.of("IN-EXTENT-ENDLESS", "IN-UNDECODABLE"), codes(device.meta(8191, 16)));
  }

  @Test
  void creationThatWasCutOff() {
    TestDevice device = TestDevice.formatted(Codec.LZO, 100);
    Arrays.fill(device.bytes.array(), 4096, 8192, (byte) 0xff);
    assertEquals(
        Set.of("IN-TAIL-WITHOUT-HEAD", "IN-INTERRUPTED-CREATION", "IN-BITS-BEHIND-END"),
        codes(device));
  }

  @ParameterizedTest
  @EnumSource
  void trailingLengthOffByOne(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, 100);
    int sectors = device.payload(8, text(4, 1));
    device.describe(8, 4, sectors).extent(20, text(2, 9));
    int at = device.dataOffset(8) + sectors * 512 - 4;
    device.bytes.putInt(at, device.bytes.getInt(at) + 1);
    assertEquals(Set.of("IN-TRAILER"), codes(device));
  }

  @ParameterizedTest
  @EnumSource
  void payloadOfAnotherSizeThanTheBitmapSays(Codec codec) {
    TestDevice device = sample(codec).extent(70, text(6, 1));
    device.payload(70, text(2, 4));
    device.payload(72, text(4, 5));
    assertEquals(Set.of("IN-STALE-BITMAP"), codes(device));
    String message = message(device, InsituCode.STALE);
    assertTrue(message.contains("for 2 blocks"), message);
    assertTrue(message.endsWith("inside: 4 blocks at block 72"), message);
  }

  @Test
  void storedWhereAPayloadStands() {
    TestDevice device = sample(Codec.LZO).stored(60, 4, 1);
    device.payload(60, text(4, 4));
    assertEquals(Set.of("IN-STORED-COMPRESSED"), codes(device));
  }

  @Test
  void unreadablePayloadsAndBits() {
    TestDevice device = sample(Codec.LZO);
    device.unreadable.set(device.dataOffset(8) / 512);
    Findings findings = examine(device);
    assertEquals(1, findings.count(InsituCode.EXTENT_UNREADABLE));
    assertEquals(
        List.of(new ByteRange(device.dataOffset(8), 512)),
        findings.kept().stream()
            .filter(finding -> finding.code() == CommonCode.UNREADABLE)
            .map(Finding::where)
            .toList());

    TestDevice bits = TestDevice.formatted(Codec.LZO, 2000).extent(8, text(4, 1));
    bits.unreadable.set(4096 / 512 + 1);
    assertEquals(Set.of("IN-BITMAP-UNREADABLE", "IO-UNREADABLE"), codes(bits));
    // Bits 4096 to 8191 belong to blocks 819 to 1638.
    String message = message(bits, InsituCode.BITMAP_UNREADABLE);
    assertTrue(message.contains("blocks 819 to 1638"), message);
  }

  @Test
  void detects() {
    assertEquals(Confidence.CERTAIN, confidence(sample(Codec.LZO)));
    TestDevice oneBit = sample(Codec.LZO);
    oneBit.bytes.put(3, (byte) (oneBit.bytes.get(3) ^ 4));
    assertEquals(Confidence.LIKELY, confidence(oneBit));
    TestDevice wiped = sample(Codec.LZO);
    wiped.bytes.putLong(0, 0);
    assertEquals(Confidence.LIKELY, confidence(wiped));
    TestDevice counts = sample(Codec.LZO);
    counts.bytes.putLong(24, 7);
    assertEquals(Confidence.LIKELY, confidence(counts));
    assertTrue(FORMAT.detect(TestDevice.of(new byte[1 << 16])).isEmpty());
    assertTrue(FORMAT.detect(TestDevice.of(new byte[10])).isEmpty());
    byte[] noise = new byte[1 << 16];
    new Random(1).nextBytes(noise);
    assertTrue(FORMAT.detect(TestDevice.of(noise)).isEmpty());
  }

  private static Confidence confidence(TestDevice device) {
    return FORMAT.detect(device).orElseThrow().confidence();
  }

  @Test
  void refusesWhatCannotBeADevice() {
    for (int size : new int[] {0, 33, 4096, 8192}) {
      OpenRequest request = OpenRequest.of(TestDevice.of(new byte[size]));
      assertThrows(UnsupportedImageException.class, () -> FORMAT.open(request), size + " bytes");
    }
  }

  private static List<String> rows(CacheImage image, RowFilter filter) {
    List<String> rows = new ArrayList<>();
    image.list("extents", filter, values -> rows.add(Arrays.toString(values)), Progress.NONE);
    return rows;
  }

  @Test
  void listsExtents() {
    CacheImage image = FORMAT.open(OpenRequest.of(sample(Codec.LZO)));
    List<String> all = rows(image, RowFilter.ALL);
    assertEquals(6, all.size());
    assertEquals("[0, 8, unwritten, null, null, null, null, null]", all.getFirst());
    assertTrue(all.get(1).startsWith("[32768, 4, ok, compressed, 40960, "), all.get(1));
    assertEquals("[163840, 2, unproven, stored, 172032, 16, null, null]", all.get(4));
    assertEquals(all.subList(1, 3), rows(image, new RowFilter(null, null, Set.of("ok"))));
    assertEquals(
        all.subList(4, 5), rows(image, new RowFilter(null, new ByteRange(167000, 1), Set.of())));
    assertEquals(
        all.subList(4, 5), rows(image, new RowFilter(new ByteRange(172100, 1), null, Set.of())));
    assertThrows(
        UsageException.class, () -> rows(image, new RowFilter(null, null, Set.of("sealed"))));
    assertThrows(
        UsageException.class,
        () -> image.list("segments", RowFilter.ALL, _ -> true, Progress.NONE));
  }

  @Test
  void findsVersions() {
    TestDevice device = sample(Codec.LZO).extent(60, text(4, 1));
    device.payload(62, text(1, 5));
    CacheImage image = FORMAT.open(OpenRequest.of(device));
    List<SectorVersion> versions = image.versions(62 * 8 + 3, Progress.NONE);
    assertEquals(
        List.of("unreferenced", "ok"), versions.stream().map(SectorVersion::state).toList());
    assertEquals(device.dataOffset(62), versions.get(0).offset());
    assertEquals(device.dataOffset(60), versions.get(1).offset());
    assertEquals(
        device.dataOffset(41) + 512, image.versions(41 * 8 + 1, Progress.NONE).get(0).offset());
    assertEquals(List.of(), image.versions(0, Progress.NONE));
    assertEquals(List.of(), image.versions(1L << 50, Progress.NONE));
  }

  /** Whatever is broken, the work ends, and only with an error of our own. */
  @Property(tries = 60)
  void damageIsNeverFatal(@ForAll long seed) {
    Random random = new Random(seed);
    TestDevice device =
        sample(random.nextBoolean() ? Codec.LZO : Codec.DEFLATE).extent(64, text(30, seed));
    byte[] bytes = device.bytes.array();
    int limit = random.nextBoolean() ? bytes.length : 8192;
    for (int i = random.nextInt(200); i >= 0; i--) {
      bytes[random.nextInt(limit)] = (byte) random.nextInt();
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      device.unreadable.set(random.nextInt(bytes.length / 512));
    }
    if (random.nextBoolean()) {
      // Else nothing but the superblock would be looked at.
      device.bytes.putLong(16, 1).putLong(24, 100);
    }
    TestDevice image =
        random.nextInt(4) == 0
            ? TestDevice.of(Arrays.copyOf(bytes, random.nextInt(bytes.length)))
            : device;
    try {
      FORMAT.detect(image);
      CacheImage opened = FORMAT.open(OpenRequest.of(image));
      opened.examine(Depth.VERIFY, new Findings(), Progress.NONE);
      assertFalse(rows(opened, RowFilter.ALL).isEmpty());
      opened.versions(random.nextInt(800), Progress.NONE);
    } catch (SalvageException e) {
      assertNotNull(e.getMessage());
    }
  }

  @Test
  void realImages(@TempDir Path directory) throws IOException {
    assertEquals(Set.of("IN-BITS-BEHIND-END"), golden("is-deflate-text", directory));
    assertEquals(
        Set.of("IN-BITS-BEHIND-END", "IN-INTERRUPTED-CREATION", "IN-TAIL-WITHOUT-HEAD"),
        golden("is-create-cut-ff", directory));
    assertEquals(
        Set.of("IN-BITS-BEHIND-END", "IN-STALE-BITMAP", "IN-UNDECODABLE"),
        golden("is-lzo-wb-stale", directory));
    assertEquals(
        Set.of("IN-BITS-BEHIND-END", "IN-SHORT"), golden("is-lzo-wt-torn-data", directory));
  }

  private static Set<String> golden(String name, Path directory) throws IOException {
    Path image = GoldenSets.get(name).unpack(directory.resolve(name)).cache();
    return codes(TestDevice.of(Files.readAllBytes(image)));
  }
}
