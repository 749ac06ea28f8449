package org.dmsalvage.replay.map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of real images against the bytes that they point to. */
class VersionListTest {

  static final List<String> SETS =
      List.of(
          "wb-o7-volatile",
          "wb-readcache",
          "wbp-o7-torn-plog",
          "wb13-o7-volatile",
          "wc512-midcommit",
          "wc4096-twins",
          "is-deflate-wb-stale");

  private record Row(
      long offset, long length, String image, long at, long stored, Long id, String status) {}

  private static List<Row> rows(Recovery recovery) {
    LogicalDevice device = recovery.logical().orElseThrow();
    List<Row> rows = new ArrayList<>();
    VersionList.write(
        device,
        new RecoveryMap(device, recovery.report()),
        values -> {
          assertEquals(VersionList.COLUMNS.size(), values.length);
          rows.add(
              new Row(
                  number(values[0]),
                  number(values[1]),
                  String.valueOf(values[2]),
                  number(values[3]),
                  number(values[4]),
                  values[5] == null ? -1 : number(values[5]),
                  String.valueOf(values[6])));
          return true;
        });
    return rows;
  }

  private static long number(Object value) {
    return (Long) Objects.requireNonNull(value);
  }

  private static byte[] bytes(LogicalDevice device, long offset, long length) {
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    device.read(offset, bytes);
    return bytes.array();
  }

  @ParameterizedTest
  @FieldSource("SETS")
  void rowsPointToTheBytesThatShow(String name) {
    TestImages images = TestImages.of(name);
    Recovery recovery = images.replay(Policy.SALVAGE);
    LogicalDevice device = recovery.logical().orElseThrow();
    boolean insitu = images.backing() == null;
    long end = 0;
    long sum = 0;
    for (Row row : rows(recovery)) {
      assertTrue(row.offset >= end, "ascending: " + row);
      end = row.offset + row.length;
      sum += row.length;
      byte[] image =
          (row.image.equals("plog") ? Objects.requireNonNull(images.plog()) : images.cache())
              .bytes();
      if (row.stored == row.length) {
        assertArrayEquals(
            Arrays.copyOfRange(image, (int) row.at, (int) (row.at + row.length)),
            bytes(device, row.offset, row.length),
            row.toString());
      } else {
        assertTrue(insitu && row.stored > 0, row.toString());
      }
    }
    assertEquals(recovery.report().appliedSectors() * 512, sum);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-volatile", "wb-readcache"})
  void idIsThatOfTheSegment(String name) {
    TestImages images = TestImages.of(name);
    long segment = name.equals("wb-readcache") ? 1 << 19 : 1 << 16;
    ByteBuffer cache = ByteBuffer.wrap(images.cache().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (Row row : rows(images.replay(Policy.SALVAGE))) {
      long start = (1 << 20) + (row.at - (1 << 20)) / segment * segment;
      assertEquals(cache.getLong((int) start), row.id, row.toString());
    }
  }

  @Test
  void idIsTheSequenceOfEveryEntryOfTheRange() {
    TestImages images = TestImages.of("wc512-midcommit");
    ByteBuffer cache = ByteBuffer.wrap(images.cache().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    long blocks = cache.getLong(16);
    long metadata = (64 + 16 * blocks + 511) / 512 * 512;
    List<Row> rows = rows(images.replay(Policy.SALVAGE));
    for (Row row : rows) {
      for (long at = row.at; at < row.at + row.stored; at += 512) {
        int entry = 64 + 16 * (int) ((at - metadata) / 512);
        assertEquals(cache.getLong(entry + 8), row.id, row.toString());
      }
    }
    assertTrue(rows.size() > 10);
  }

  @Test
  void cleanBlocksOfTheReadCacheAreToldApart() {
    List<Row> rows = rows(TestImages.of("wb-readcache").replay(Policy.SALVAGE));
    TreeSet<String> statuses = new TreeSet<>(rows.stream().map(Row::status).toList());
    assertEquals(new TreeSet<>(List.of("clean", "dirty")), statuses);
  }

  @Test
  void olderVersionsUnderABrokenSegmentAreAtRisk() {
    TestImages images = TestImages.of("wb-o7-wrapped-crash");
    List<Row> whole = rows(images.replay(Policy.SALVAGE));
    assertTrue(whole.stream().noneMatch(row -> row.status.equals("at-risk")));
    // All data of one segment in the middle of the log, order 7.
    int start = (1 << 20) + 20 * (1 << 16);
    byte[] broken = new Damage.RandomBytes(start + 8192, 6000, 1).applyTo(images.cache().bytes());
    Recovery recovery = images.with(broken).replay(Policy.SALVAGE);
    List<Row> rows = rows(recovery);
    assertNotEquals(whole, rows);
    for (Row row : rows) {
      assertEquals(
          recovery.report().atRisk().ranges().contains(row.offset),
          row.status.equals("at-risk"),
          row.toString());
    }
    assertTrue(rows.stream().anyMatch(row -> row.status.equals("at-risk")));
  }

  @Test
  void columnsHaveTheNamesThatScriptsRelyOn() {
    assertEquals(
        List.of("offset", "length", "image", "imageOffset", "imageLength", "id", "status"),
        VersionList.COLUMNS.stream().map(Column::name).toList());
  }
}
