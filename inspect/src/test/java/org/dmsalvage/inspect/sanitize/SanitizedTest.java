package org.dmsalvage.inspect.sanitize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Fact;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cache with other addresses is whole where it was whole, and has none of the old ones. */
class SanitizedTest {

  private static final long POSSIBLE = (1L << 54) - 1;

  /** Columns and facts that give addresses. */
  private static final Set<String> ADDRESSES =
      Set.of("sector", "originalSector", "firstSector", "lastSector");

  /** Columns that may have other checksums. */
  private static final Set<String> CHECKSUMS = Set.of("checksum", "checksumOrLap");

  @TempDir Path directory;

  /** What a check says, without words that may name addresses. */
  private record Report(List<Fact> facts, Map<String, Integer> findings) {

    static Report of(CacheImage image, Function<Finding, String> key) {
      Findings findings = new Findings();
      List<Fact> facts =
          image.examine(Depth.VERIFY, findings, Progress.NONE).all().stream()
              .filter(fact -> !ADDRESSES.contains(fact.name()))
              .toList();
      Map<String, Integer> counts = new TreeMap<>();
      findings.kept().forEach(finding -> counts.merge(key.apply(finding), 1, Integer::sum));
      return new Report(facts, counts);
    }
  }

  private static CacheImage open(BlockSource cache, BlockSource plog, GoldenSet set) {
    // A device that is large enough for the new addresses.
    DmTable table = DmTable.parse(set.info().table().replaceFirst(" \\d+ ", " 1000000000000 "));
    return Formats.open(
        new OpenRequest(cache, plog, null, set.info().format(), table, OptionalInt.empty()));
  }

  private static List<Object[]> rows(CacheImage image, Listing listing) {
    List<Object[]> rows = new ArrayList<>();
    image.list(listing.name(), RowFilter.ALL, row -> rows.add(row.clone()), Progress.NONE);
    return rows;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wb-rot",
        "wb-below-superblock",
        "wb-o4-wrapped-crash",
        "wb-o7-garbage-cache",
        "wb-o7-middle-torn",
        "wb13-o7-garbage-cache",
        "wb13-o7-torn-1",
        "wbp-o7-torn-plog",
        "wc4096-start",
        "wc4096-twins",
        "wc512-midcommit"
      })
  void onlyAddressesAreOthers(String name) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images files = set.unpack(directory);
    try (BlockSource cache = Images.open(files.cache().toString());
        BlockSource plog = files.plog() == null ? null : Images.open("" + files.plog())) {
      compare(set, cache, plog);
    }
  }

  private static void compare(GoldenSet set, BlockSource cache, BlockSource plog) {
    CacheImage image = open(cache, plog, set);
    OpenRequest request = new OpenRequest(cache, plog, null, null, null, OptionalInt.empty());
    Sanitized other = image.sanitized(request, new Random(1), Progress.NONE);
    CacheImage changed = open(other.cache(), other.plog(), set);
    Function<Finding, String> key = f -> f.code().id() + " " + f.where();
    assertEquals(Report.of(image, key), Report.of(changed, key));
    Map<Long, Long> forward = new HashMap<>();
    Map<Long, Long> back = new HashMap<>();
    for (Listing listing : image.listings()) {
      List<Object[]> before = rows(image, listing);
      List<Object[]> after = rows(changed, listing);
      assertEquals(before.size(), after.size(), listing.name());
      for (int i = 0; i < before.size(); i++) {
        for (int c = 0; c < listing.columns().size(); c++) {
          Object was = before.get(i)[c];
          Object is = after.get(i)[c];
          String column = listing.columns().get(c).name();
          if (!ADDRESSES.contains(column) || was == null || was.equals(-1L)) {
            if (!CHECKSUMS.contains(column)) {
              String row = Arrays.toString(before.get(i));
              assertEquals(was, is, () -> listing.name() + " " + row);
            }
          } else {
            assertEquals(is, forward.computeIfAbsent((Long) was, _ -> (Long) is));
            assertEquals(was, back.computeIfAbsent((Long) is, _ -> (Long) was));
          }
        }
      }
    }
    for (long was : forward.keySet()) {
      long now = forward.get(was);
      assertFalse(forward.containsKey(now), "address " + now + " is an old one, too");
      assertEquals(was & 7, now & 7);
      assertEquals(was & ~POSSIBLE, now & ~POSSIBLE);
      Long neighbour = forward.get(was + 8);
      assertTrue(neighbour == null || neighbour == now + 8, "neighbours stay neighbours");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"is-lzo-wb-crash", "is-deflate-wt-torn-data"})
  void runsOfAnInsituDeviceChangePlaces(String name) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images files = set.unpack(directory);
    try (BlockSource cache = Images.open(files.cache().toString())) {
      CacheImage image = open(cache, null, set);
      Sanitized other = image.sanitized(OpenRequest.of(cache), new Random(1), Progress.NONE);
      CacheImage changed = open(other.cache(), null, set);
      Function<Finding, String> key = finding -> finding.code().id();
      assertEquals(Report.of(image, key), Report.of(changed, key));
      List<Object[]> before = rows(image, image.listings().getFirst());
      List<Object[]> after = rows(changed, image.listings().getFirst());
      assertNotEquals(
          before.stream().map(Arrays::toString).toList(),
          after.stream().map(Arrays::toString).toList());
    }
  }
}
