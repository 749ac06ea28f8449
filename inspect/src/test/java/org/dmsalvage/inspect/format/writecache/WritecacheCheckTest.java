package org.dmsalvage.inspect.format.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.CommonCode;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.Detection.Confidence;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;

class WritecacheCheckTest {

  private static final WritecacheFormat FORMAT = new WritecacheFormat();

  /** 60 blocks of 4 KiB: two committed, one uncommitted, one free, the others never used. */
  private static TestCache sample() {
    return TestCache.formatted(4096, 60, 7)
        .entry(0, 800, 6)
        .entry(1, 808, 2)
        .entry(2, 80, 7)
        .entry(3, 88, -1);
  }

  private static Findings examine(OpenRequest request, Depth depth) {
    Findings findings = new Findings();
    FORMAT.open(request).examine(depth, findings, Progress.NONE);
    return findings;
  }

  private static Set<String> codes(Findings findings) {
    Set<String> codes = new TreeSet<>();
    findings.kept().forEach(finding -> codes.add(finding.code().id()));
    return codes;
  }

  private static Set<String> codes(BlockSource cache) {
    return codes(examine(OpenRequest.of(cache), Depth.HEADERS));
  }

  private static OpenRequest request(BlockSource cache, String table) {
    return new OpenRequest(cache, null, null, null, DmTable.parse(table), OptionalInt.empty());
  }

  @Test
  void countsEntries() {
    TestCache cache = sample().entry(4, 808, 1);
    CacheImage image = FORMAT.open(OpenRequest.of(cache));
    Findings findings = new Findings();
    Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(4096L, image.geometry().value("blockSize"));
    assertEquals(60L, image.geometry().value("blockCount"));
    assertEquals(4096L, image.geometry().value("metadataBytes"));
    assertEquals(7L, facts.value("sequenceCount"));
    assertEquals(3L, facts.value("committed"));
    assertEquals(1L, facts.value("uncommitted"));
    assertEquals(56L, facts.value("free"));
    assertEquals(1L, facts.value("duplicates"));
    assertEquals(8192L, facts.value("dirtyBytes"));
    assertEquals(55L, facts.value("neverUsed"));
    assertEquals(7L, facts.value("greatestSequence"));
    assertEquals(3 * 4096L, facts.value("dataBytesRead"));
    assertEquals(Set.of("WC-UNCOMMITTED", "WC-SUPERSEDED", "WC-NO-CHECKSUMS"), codes(findings));
  }

  @Test
  void namesWhatIsWrongWithTheSuperblock() {
    TestCache magic = sample();
    magic.bytes.putInt(0, 0x23489320);
    assertEquals(Set.of("WC-MAGIC", "WC-UNCOMMITTED"), codes(magic));
    TestCache version = sample();
    version.bytes.putInt(4, 2);
    assertEquals(Set.of("WC-VERSION", "WC-UNCOMMITTED"), codes(version));
    TestCache blockSize = sample();
    blockSize.bytes.putInt(8, 4095);
    assertEquals(Set.of("WC-BLOCK-SIZE", "WC-UNCOMMITTED"), codes(blockSize));
    TestCache more = sample();
    more.bytes.putLong(16, 61);
    assertTrue(codes(more).contains("WC-BLOCK-COUNT"));
    TestCache fewer = sample();
    fewer.bytes.putLong(16, 59);
    assertEquals(Set.of("WC-BLOCK-COUNT", "WC-UNCOMMITTED"), codes(fewer));
    assertEquals(60L, FORMAT.open(OpenRequest.of(fewer)).geometry().value("blockCount"));
    TestCache grown = sample();
    grown.bytes.putLong(16, 59);
    // Data where the table would go on.
    grown.bytes.putLong(64 + 16 * 59, 5555555555555555555L);
    assertEquals(Set.of("WC-PADDING", "WC-SPARE-ROOM", "WC-UNCOMMITTED"), codes(grown));
    TestCache reserved = sample();
    reserved.bytes.put(63, (byte) 1);
    assertEquals(Set.of("WC-RESERVED", "WC-UNCOMMITTED"), codes(reserved));
    TestCache begun = sample();
    begun.bytes.putInt(0, 0);
    assertEquals(Set.of("WC-INTERRUPTED-INIT", "WC-UNCOMMITTED"), codes(begun));
    TestCache absurd = sample();
    absurd.bytes.putLong(24, 1L << 50);
    assertEquals(Set.of("WC-SEQUENCE-ABSURD"), codes(absurd));
  }

  @Test
  void findsTheTableOfALostSuperblock() {
    TestCache cache = sample();
    for (int i = 0; i < 64; i++) {
      cache.bytes.put(i, (byte) 0);
    }
    assertEquals(Confidence.POSSIBLE, FORMAT.detect(cache).orElseThrow().confidence());
    CacheImage image = FORMAT.open(OpenRequest.of(cache));
    assertEquals(4096L, image.geometry().value("blockSize"));
    assertEquals(60L, image.geometry().value("blockCount"));
    Findings findings = new Findings();
    Facts facts = image.examine(Depth.HEADERS, findings, Progress.NONE);
    assertTrue(codes(findings).contains("WC-WOULD-FORMAT"));
    assertEquals(8L, facts.value("sequenceCount"));

    cache.unreadable.set(0);
    assertTrue(codes(cache).contains("WC-SUPERBLOCK-UNREADABLE"));
  }

  @Test
  void findsImpossibleAddresses() {
    assertEquals(Set.of("WC-UNALIGNED", "WC-UNCOMMITTED"), codes(sample().entry(5, 804, 3)));
    assertEquals(
        Set.of("WC-ADDRESS-ABSURD", "WC-UNCOMMITTED"), codes(sample().entry(5, 1L << 54, 3)));
    assertEquals(Set.of("WC-ADDRESS-ABSURD", "WC-UNCOMMITTED"), codes(sample().entry(5, -8, 3)));
    assertEquals(Set.of("WC-FREE-ADDRESS", "WC-UNCOMMITTED"), codes(sample().entry(5, 1, -1)));
    TestCache backing = TestCache.of(new byte[808 * 512]);
    OpenRequest request = new OpenRequest(sample(), null, backing, null, null, OptionalInt.empty());
    Findings findings = examine(request, Depth.HEADERS);
    assertEquals(1, findings.count(WritecacheCode.BEYOND_BACKING));
  }

  @Test
  void findsTwinsAndSequencesAhead() {
    assertEquals(
        Set.of("WC-TWINS", "WC-SUPERSEDED", "WC-UNCOMMITTED"), codes(sample().entry(9, 800, 6)));
    assertEquals(Set.of("WC-SEQUENCE-AHEAD", "WC-UNCOMMITTED"), codes(sample().entry(9, 8, 8)));
  }

  @Test
  void findsGarbageBehindTheTable() {
    TestCache cache = sample();
    cache.bytes.put(64 + 60 * 16, (byte) 1);
    assertEquals(Set.of("WC-PADDING", "WC-UNCOMMITTED"), codes(cache));
  }

  @Test
  void reportsExactlyTheUnreadableEntriesAndBlocks() {
    TestCache cache = TestCache.formatted(512, 100, 9);
    for (int i = 0; i < 100; i++) {
      cache.entry(i, i, 3);
    }
    int data = 64 + 100 * 16 + 511 & -512;
    cache.unreadable.set(2);
    cache.unreadable.set(data / 512 + 5);
    cache.unreadable.set(data / 512 + 70);
    Findings findings = new Findings();
    Facts facts = FORMAT.open(OpenRequest.of(cache)).examine(Depth.VERIFY, findings, Progress.NONE);
    // Sector 2 holds entries (1024 - 64) / 16 = 60 to 91.
    assertEquals(32L, facts.value("unreadableEntries"));
    assertEquals(68L, facts.value("committed"));
    assertEquals(
        List.of(new ByteRange(1024, 512)), ranges(findings, WritecacheCode.ENTRIES_UNREADABLE));
    assertEquals(
        List.of(new ByteRange(data + 5 * 512, 512)),
        ranges(findings, WritecacheCode.DATA_UNREADABLE));
    assertEquals(
        List.of(new ByteRange(1024, 512), new ByteRange(data + 5 * 512, 512)),
        ranges(findings, CommonCode.UNREADABLE));
  }

  private static List<ByteRange> ranges(Findings findings, FindingCode code) {
    return findings.kept().stream().filter(f -> f.code().equals(code)).map(Finding::where).toList();
  }

  @Test
  void takesWipedSectorsOfTheTableForDamage() {
    TestCache cache = TestCache.formatted(512, 100, 9);
    for (int i = 0; i < 100; i++) {
      cache.entry(i, i, i == 0 ? 0 : 3);
    }
    for (int i = 1024; i < 1536; i++) {
      cache.bytes.put(i, (byte) 0);
    }
    Findings findings = new Findings();
    Facts facts =
        FORMAT.open(OpenRequest.of(cache)).examine(Depth.HEADERS, findings, Progress.NONE);
    assertEquals(32L, facts.value("zeroedEntries"));
    assertEquals(68L, facts.value("committed"));
    assertEquals(
        List.of(new ByteRange(1024, 512)), ranges(findings, WritecacheCode.ENTRIES_ZEROED));
    assertEquals(0L, facts.value("duplicates"));
  }

  @Test
  void seesThatAnImageWasCut() {
    TestCache whole = sample().entry(59, 4000, 1);
    byte[] part = new byte[30 * 4096];
    whole.bytes.get(0, part);
    TestCache cut = TestCache.of(part);
    assertEquals(Confidence.LIKELY, FORMAT.detect(cut).orElseThrow().confidence());
    assertEquals(Set.of("WC-BEYOND-DEVICE", "WC-DATA-MISSING", "WC-UNCOMMITTED"), codes(cut));
    assertEquals(60L, FORMAT.open(OpenRequest.of(cut)).geometry().value("blockCount"));
    List<ByteRange> noted =
        ranges(examine(OpenRequest.of(cut), Depth.VERIFY), WritecacheCode.NO_CHECKSUMS);
    assertEquals(part.length, noted.getFirst().end(), "not behind the end");
  }

  @Test
  void detects() {
    Detection sure = FORMAT.detect(sample()).orElseThrow();
    assertEquals(Confidence.CERTAIN, sure.confidence());
    assertEquals("writecache", sure.format());
    TestCache bad = sample();
    bad.bytes.putInt(0, 1);
    assertEquals(Confidence.LIKELY, FORMAT.detect(bad).orElseThrow().confidence());
    Random random = new Random(1);
    byte[] noise = new byte[1 << 20];
    random.nextBytes(noise);
    assertTrue(FORMAT.detect(TestCache.of(noise)).isEmpty());
    assertTrue(FORMAT.detect(TestCache.of(new byte[1 << 20])).isEmpty());
    assertTrue(FORMAT.detect(TestCache.of(new byte[10])).isEmpty());
    assertThrows(
        UnsupportedImageException.class, () -> FORMAT.open(OpenRequest.of(TestCache.of(noise))));
  }

  @Test
  void findsAShiftedSuperblock() {
    byte[] shifted = new byte[(1 << 20) + (int) sample().size()];
    System.arraycopy(sample().bytes.array(), 0, shifted, 1 << 20, (int) sample().size());
    TestCache cache = TestCache.of(shifted);
    Detection detection = FORMAT.detect(cache).orElseThrow();
    assertEquals(Confidence.POSSIBLE, detection.confidence());
    assertTrue(detection.evidence().getLast().contains("--offset 1048576"));
    UnsupportedImageException e =
        assertThrows(UnsupportedImageException.class, () -> FORMAT.open(OpenRequest.of(cache)));
    assertTrue(e.getMessage().contains("start_sector 2048"));
    String table = "0 9999 writecache s /dev/a /dev/b 4096 2 start_sector 2048";
    assertEquals(1L << 20, FORMAT.open(request(cache, table)).geometry().value("startOffset"));
    assertEquals(0L, FORMAT.open(request(sample(), table)).geometry().value("startOffset"));
  }

  @Test
  void searchesForAStartThatIsNoPowerOfTwo() {
    TestCache cache = sample();
    for (int i = 0; i < 60; i++) {
      cache.entry(i, 8L * i, i % 5 + 1);
    }
    byte[] shifted = new byte[77 * 512 + (int) cache.size()];
    Arrays.fill(shifted, (byte) 0x5a);
    System.arraycopy(cache.bytes.array(), 0, shifted, 77 * 512, (int) cache.size());
    assertTrue(refusal(shifted).contains("one stands at 39424 (0x9a00): use --offset 39424"));
    String table = "0 9999 writecache s /dev/a /dev/b 4096 2 start_sector 77";
    CacheImage placed = Formats.open(request(TestCache.of(shifted), table));
    assertEquals(77L * 512, placed.geometry().value("startOffset"));
    Arrays.fill(shifted, 77 * 512, 77 * 512 + 64, (byte) 0);
    assertTrue(refusal(shifted).contains("an entry table without one begins at 39424"));
    Arrays.fill(shifted, 77 * 512, 78 * 512, (byte) 0);
    assertTrue(refusal(shifted).contains("an entry table without one begins at 39424"));
    Arrays.fill(shifted, 77 * 512, 80 * 512, (byte) 0x5a);
    assertFalse(refusal(shifted).contains("--offset"));
  }

  private static String refusal(byte[] image) {
    OpenRequest request = OpenRequest.of(TestCache.of(image));
    return assertThrows(UnsupportedImageException.class, () -> FORMAT.open(request)).getMessage();
  }

  @Test
  void comparesWithTheTableLine() {
    String table = "0 9999 writecache p /dev/a /dev/b 512 0";
    assertTrue(codes(examine(request(sample(), table), Depth.HEADERS)).contains("WC-BLOCK-SIZE"));
    String shifted = "0 9999 writecache s /dev/a /dev/b 4096 2 start_sector 2048";
    assertTrue(
        codes(examine(request(sample(), shifted), Depth.HEADERS)).contains("WC-START-SECTOR"));
    String right = "0 9999 writecache s /dev/a /dev/b 4096 0";
    List<String> agreed = List.copyOf(codes(examine(request(sample(), right), Depth.HEADERS)));
    assertFalse(agreed.contains("WC-START-SECTOR") || agreed.contains("WC-BLOCK-SIZE"));
    assertEquals("version 1, persistent memory", FORMAT.open(request(sample(), table)).variant());
    assertThrows(
        UsageException.class,
        () -> FORMAT.open(request(sample(), "0 9999 writeboost 0 /dev/a /dev/b")));
    assertThrows(
        UsageException.class, () -> FORMAT.open(request(sample(), "0 9 writecache s a b x")));
  }

  @Test
  void listsEntries() {
    TestCache cache = sample().entry(4, 808, 1).entry(5, 800, 6);
    List<String> rows = new ArrayList<>();
    CacheImage image = FORMAT.open(OpenRequest.of(cache));
    image.list("entries", RowFilter.ALL, v -> rows.add(v[0] + " " + v[1]), Progress.NONE);
    assertEquals(60, rows.size());
    assertEquals(
        List.of(
            "0 superseded",
            "1 committed",
            "2 uncommitted",
            "3 free",
            "4 superseded",
            "5 ambiguous",
            "6 unused"),
        rows.subList(0, 7));
    rows.clear();
    RowFilter filter =
        new RowFilter(null, new ByteRange(809 * 512, 1), Set.of("committed", "free"));
    image.list("entries", filter, v -> rows.add(v[0] + " " + v[2] + " " + v[3]), Progress.NONE);
    assertEquals(List.of("1 808 2"), rows);
    rows.clear();
    RowFilter block = new RowFilter(new ByteRange(4096 * 4, 1), null, Set.of());
    image.list("entries", block, v -> rows.add(v[0] + " " + v[4] + " " + v[5]), Progress.NONE);
    assertEquals(List.of("3 112 16384"), rows);
    assertThrows(
        UsageException.class, () -> image.list("extents", RowFilter.ALL, v -> true, Progress.NONE));
    rows.clear();
    image.list("entries", RowFilter.ALL, v -> !rows.add("one"), Progress.NONE);
    assertEquals(List.of("one"), rows);
  }

  @Test
  void tellsTheHistoryOfASector() {
    TestCache cache = sample().entry(10, 800, 3).entry(11, 800, -1).entry(12, 800, 7);
    List<SectorVersion> versions = FORMAT.open(OpenRequest.of(cache)).versions(803, Progress.NONE);
    assertEquals(
        List.of("free", "superseded", "committed", "uncommitted"),
        versions.stream().map(SectorVersion::state).toList());
    assertEquals(4096 + 3 * 512, versions.get(2).offset());
    assertEquals(6, versions.get(2).order());
    assertTrue(FORMAT.open(OpenRequest.of(cache)).versions(799, Progress.NONE).isEmpty());
  }

  @Property(tries = 2000)
  void damageNeverDoesMoreThanFail(
      @ForAll Random random, @ForAll @IntRange(min = 1, max = 40) int changes) {
    TestCache cache = sample();
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(random.nextBoolean() ? 64 : 2048);
      long value =
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> 1L << random.nextInt(64);
            default -> random.nextLong();
          };
      for (int b = random.nextInt(8); b >= 0; b--) {
        cache.bytes.put(at + b, (byte) (value >>> (8 * b)));
      }
    }
    byte[] cut = new byte[random.nextInt((int) cache.size() + 1)];
    cache.bytes.get(0, cut);
    TestCache hostile = random.nextInt(3) == 0 ? TestCache.of(cut) : cache;
    for (int i = random.nextInt(3); i > 0; i--) {
      hostile.unreadable.set(random.nextInt(20));
    }
    try {
      FORMAT.detect(hostile);
      CacheImage image = FORMAT.open(OpenRequest.of(hostile));
      image.examine(Depth.VERIFY, new Findings(), Progress.NONE);
      image.list("entries", RowFilter.ALL, v -> true, Progress.NONE);
      image.versions(800, Progress.NONE);
    } catch (SalvageException e) {
      assertFalse(e.getMessage().isBlank());
    }
  }
}
