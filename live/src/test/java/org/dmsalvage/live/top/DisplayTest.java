package org.dmsalvage.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.report.Style;
import org.junit.jupiter.api.Test;

/** What two looks at a server's figures say, and how it fits a terminal. */
class DisplayTest {

  private static final long MIB = 1 << 20;

  private static String device(String name, long reads, long readBytes, long hits, long dirty) {
    return """
    dmsalvage_device_info{device="@",target="writecache"} 1
    dmsalvage_device_size_bytes{device="@"} 1073741824
    dmsalvage_device_failed{device="@"} %d
    dmsalvage_cache_size_bytes{device="@"} 104857600
    dmsalvage_cache_free_bytes{device="@"} %d
    dmsalvage_cache_dirty_bytes{device="@"} %d
    dmsalvage_cache_high_watermark_bytes{device="@"} 52428800
    dmsalvage_cache_low_watermark_bytes{device="@"} 31457280
    dmsalvage_cache_read_hits_total{device="@"} %d
    dmsalvage_cache_read_misses_total{device="@"} %d
    dmsalvage_io_bytes_total{device="@",operation="read"} %d
    dmsalvage_io_errors_total{device="@",operation="read"} %d
    dmsalvage_io_duration_seconds_bucket{device="@",operation="read",le="0.001"} %d
    dmsalvage_io_duration_seconds_bucket{device="@",operation="read",le="0.01"} %d
    dmsalvage_io_duration_seconds_bucket{device="@",operation="read",le="+Inf"} %d
    dmsalvage_io_duration_seconds_count{device="@",operation="read"} %d
    dmsalvage_io_duration_seconds_sum{device="@",operation="read"} 1.5
    """
        .replace("@", name)
        .formatted(
            dirty > 90 * MIB ? 1 : 0,
            100 * MIB - dirty,
            dirty,
            hits,
            reads - hits,
            readBytes,
            dirty > 90 * MIB ? 2 : 0,
            reads / 2,
            reads,
            reads,
            reads);
  }

  private static Figures figures(double seconds, String... devices) {
    String text = "dmsalvage_nbd_connections 2\n" + String.join("", devices) + "# EOF\n";
    return Figures.parse(text, (long) (seconds * 1e9));
  }

  private static List<Interval> two() {
    Figures before = figures(10, device("a", 1000, MIB, 100, 5 * MIB));
    Figures after =
        figures(12, device("a", 3000, 5 * MIB, 600, 70 * MIB), device("b", 8, 9, 4, 95 * MIB));
    assertEquals(2, after.connections());
    return Interval.between(before, after);
  }

  @Test
  void tellsWhatHappenedBetweenTwoLooks() {
    Interval a = two().getFirst();
    assertEquals(2000, a.requests("read"));
    assertEquals(4 * MIB, a.bytes("read"));
    assertEquals(2 * MIB, (long) a.rate(a.bytes("read")));
    assertEquals(OptionalLong.of(500), a.change("cache_read_hits"));
    assertEquals(OptionalLong.of(1000), a.micros("read", 0.5));
    assertEquals(OptionalLong.of(9820), a.micros("read", 0.99));
    assertEquals(OptionalLong.empty(), a.micros("write", 0.99));
    assertEquals(OptionalLong.empty(), a.change("cache_commits"));
    assertFalse(a.failed());
    Interval b = two().getLast();
    assertEquals(8, b.requests("read"), "it is new");
    assertTrue(b.failed());
    Figures again = figures(13, device("a", 10, 20, 5, MIB));
    Interval anew = Interval.between(figures(12, device("a", 99, 99, 9, 0)), again).getFirst();
    assertEquals(10, anew.requests("read"), "another device of that name");
    assertEquals(OptionalLong.of(5), anew.change("cache_read_hits"));
    assertTrue(anew.micros("read", 0.99).isPresent());
  }

  @Test
  void fitsTheTerminal() {
    for (int width : new int[] {40, 80, 200}) {
      List<String> page = new Display(Style.PLAIN, width).page("title", two(), 24);
      assertTrue(page.size() <= 24, page.toString());
      for (String line : page) {
        assertTrue(line.length() <= width, width + ": " + line);
      }
    }
    List<String> page = new Display(Style.PLAIN, 80).page("title", two(), 30);
    assertTrue(page.contains("a  writecache  1.0 GiB"), page.toString());
    assertTrue(page.contains("b  writecache  1.0 GiB  failed"), page.toString());
    assertTrue(
        page.contains("  read      1000/s    2.0 MiB/s  p50   1.0 ms  p99   9.8 ms  hits 25 %"),
        page.toString());
    assertTrue(
        page.contains("  cache 70 MiB dirty of 100 MiB (70 %), 30 MiB free"), page.toString());
    String bar = page.stream().filter(line -> line.contains("▕")).findFirst().orElseThrow();
    assertEquals(76 * 7 / 10, bar.chars().filter(c -> c == '█' || c == '│').count());
    assertEquals(2, bar.chars().filter(c -> c == '│').count(), "both watermarks");
    List<String> low = new Display(Style.PLAIN, 80).page("title", two(), 14);
    assertEquals("and 1 more", low.getLast());
    assertTrue(new Display(Style.PLAIN, 80).page("title", two(), 5).size() <= 5);
    assertTrue(new Display(Style.PLAIN, 80).page("t", List.of(), 9).contains("no devices"));
  }

  @Test
  void printsOneLineEach() {
    assertEquals(
        "a                 1000   2.0 MiB         0       0 B        0   25 %    70 MiB    30 MiB"
            + "   9.8 ms",
        Display.line(two().getFirst()));
    assertTrue(Display.line(two().getLast()).endsWith(" failed"));
    assertEquals(Display.HEADING.length(), Display.line(two().getFirst()).length());
  }

  @Test
  void refusesWhatIsNoAnswer() {
    assertThrows(UnreadableException.class, () -> Figures.parse("", 0));
    assertThrows(UnreadableException.class, () -> Figures.parse("dmsalvage_x 1\n", 0));
    assertThrows(UnreadableException.class, () -> figures(0, "dmsalvage_x{device=\"a\"} y\n"));
  }
}
