package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.writeboost.CarvingCandidates.Candidate;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Segments without a header, and slots that never held one. */
class CarvingCandidatesTest {

  private static final int SLOTS = 24;

  private static LogBuilder log(Convention convention, int newest) {
    int order = convention == Convention.COMPLEMENTED_CRC ? 10 : 7;
    return new LogBuilder(convention, order, SLOTS).segments(1, newest);
  }

  private static List<Candidate> find(LogBuilder log) {
    return CarvingCandidates.find(log.analysis(), 1 << 20, Progress.NONE).found();
  }

  private static int header(LogBuilder log, int slot) {
    return (int) log.geometry.startByte(slot);
  }

  private static List<List<Object>> rows(LogBuilder log) {
    List<List<Object>> rows = new ArrayList<>();
    WriteboostImage.open(new OpenRequest(log.source, null, null, null, null, OptionalInt.empty()))
        .list(
            "candidates",
            RowFilter.ALL,
            row -> rows.add(new ArrayList<>(Arrays.asList(row))),
            Progress.NONE);
    return rows;
  }

  @ParameterizedTest
  @EnumSource(Convention.class)
  void wholeAndLostSegmentsAreNone(Convention convention) {
    assertEquals(List.of(), find(log(convention, 10)));
    assertEquals(List.of(), find(log(convention, 40)));
    assertEquals(List.of(), find(log(convention, 10).clear(4)));
    assertEquals(List.of(), find(new LogBuilder(convention, 7, 0)));
  }

  @ParameterizedTest
  @EnumSource(names = {"RAW_CRC", "COMPLEMENTED_CRC"})
  void zeroedAndUnreadableHeadersAreFound(Convention convention) {
    for (int newest : new int[] {10, 40}) {
      LogBuilder log = log(convention, newest);
      Arrays.fill(log.source.bytes(), header(log, 4), header(log, 4) + 512, (byte) 0);
      log.source.breakSectors(header(log, 6), 512);
      long first = newest == 10 ? 5 : 29;
      assertEquals(
          List.of(new Candidate(4, first, 1, false), new Candidate(6, first + 2, 1, false)),
          find(log));
    }
  }

  @Test
  void anIdThatIsGoneLeavesTheChecksumAsProof() {
    LogBuilder log = log(Convention.RAW_CRC, 10).segment(5, 8, 16);
    log.source.buffer().putLong(header(log, 4), 0);
    assertEquals(List.of(new Candidate(4, 5, 2, true)), find(log));
    List<List<Object>> rows = rows(log);
    assertEquals(2, rows.size());
    assertEquals(List.of(4, 5L, 0, 8L, 255), rows.getFirst().subList(0, 5));
    assertEquals("checksum-fits", rows.getFirst().getLast());
    Findings findings = new Findings();
    WriteboostImage.open(new OpenRequest(log.source, null, null, null, null, OptionalInt.empty()))
        .examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(1, findings.count(WriteboostCode.CARVING_CANDIDATE));
    assertTrue(
        findings.kept().stream()
            .anyMatch(f -> f.message().contains("2 metablocks") && f.message().contains("8, 16")));
  }

  @Test
  void theNewestWithoutItsHeaderIsFound() {
    LogBuilder log = log(Convention.RAW_CRC, 10);
    Arrays.fill(log.source.bytes(), header(log, 9), header(log, 9) + 512, (byte) 0);
    assertEquals(List.of(new Candidate(9, 10, 1, false)), find(log));
  }

  @Test
  void rubbishIsNoCandidate() {
    LogBuilder unaligned = log(Convention.RAW_CRC, 10).segment(5, 9);
    Arrays.fill(
        unaligned.source.bytes(), header(unaligned, 4), header(unaligned, 4) + 512, (byte) 0);
    assertEquals(List.of(), find(unaligned));
    LogBuilder beyond = log(Convention.RAW_CRC, 10).segment(5, 1 << 20);
    Arrays.fill(beyond.source.bytes(), header(beyond, 4), header(beyond, 4) + 512, (byte) 0);
    assertEquals(List.of(), find(beyond));
    LogBuilder behind = log(Convention.RAW_CRC, 10);
    Arrays.fill(behind.source.bytes(), header(behind, 4), header(behind, 4) + 512, (byte) 0);
    behind.source.bytes()[header(behind, 4) + 4000] = 1;
    assertEquals(List.of(), find(behind));
    LogBuilder padding = log(Convention.RAW_CRC, 10);
    Arrays.fill(padding.source.bytes(), header(padding, 4), header(padding, 4) + 512, (byte) 0);
    padding.source.bytes()[header(padding, 4) + 527] = 1;
    assertEquals(List.of(), find(padding));
  }

  @Test
  void lapsOf2013ShowWhereMetablocksEnd() {
    LogBuilder log = log(Convention.LAPS, 40).segment(29, 8, 16, 24);
    Arrays.fill(log.source.bytes(), header(log, 4), header(log, 4) + 13, (byte) 0);
    assertEquals(List.of(new Candidate(4, 29, 3, false)), find(log));
    LogBuilder otherLap = log(Convention.LAPS, 40).segment(5, 8, 16, 24);
    Arrays.fill(otherLap.source.bytes(), header(otherLap, 4), header(otherLap, 4) + 13, (byte) 0);
    assertEquals(List.of(), find(otherLap), "a lap ago");
  }

  @Test
  void blocksOf2013MarkedCleanTooEarlyAreListed() {
    LogBuilder log = log(Convention.LAPS, 10).segmentAt(4, 5, 0, 40, 48);
    List<List<Object>> rows = rows(log);
    assertEquals(1, rows.size(), "not the first of the segment");
    assertEquals(List.of(4, 5L, 1, 48L, 0), rows.getFirst().subList(0, 5));
    assertEquals("marked-clean", rows.getFirst().getLast());
  }
}
