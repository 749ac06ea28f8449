package org.dmsalvage.replay.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mapfiles against the grammar of the ddrescue manual, and against ddrescuelog where it is. */
class MapFileTest {

  private static final Pattern BLOCK =
      Pattern.compile("0x([0-9A-F]+)\\s+0x([0-9A-F]+)\\s+([?*/+-])");

  @TempDir private Path directory;

  private static String mapFile(RecoveryMap map, String... comments) {
    StringWriter text = new StringWriter();
    MapFile.write(map, List.of(comments), new PrintWriter(text));
    return text.toString();
  }

  private static RecoveryMap map(String set) {
    Recovery recovery = TestImages.of(set).replay(Policy.SALVAGE);
    return new RecoveryMap(recovery.logical().orElseThrow(), recovery.report());
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-middle-torn", "wc4096-twins", "is-deflate-wb-stale"})
  void keepsToTheGrammar(String set) {
    RecoveryMap map = map(set);
    List<String> lines =
        mapFile(map, "from a\nfile").lines().filter(line -> !line.startsWith("#")).toList();
    assertTrue(
        lines.getFirst().matches("0x[0-9A-F]+\\s+[?*/+FG-]\\s+[1-9][0-9]*"), lines.getFirst());
    long end = 0;
    List<String> blocks = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      Matcher block = BLOCK.matcher(line);
      assertTrue(block.matches(), line);
      assertEquals(end, Long.parseLong(block.group(1), 16), "blocks are contiguous");
      long size = Long.parseLong(block.group(2), 16);
      assertTrue(size > 0, line);
      blocks.add(end + " " + size + " " + block.group(3));
      end += size;
    }
    List<String> expected = new ArrayList<>();
    map.forEach(
        (offset, length, status) ->
            expected.add(
                offset
                    + " "
                    + length
                    + switch (status) {
                      case RECOVERED -> " +";
                      case UNTOUCHED -> " ?";
                      case AT_RISK -> " /";
                      case LOST -> " -";
                    }));
    assertEquals(expected, blocks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-middle-torn", "wc4096-twins", "is-deflate-wb-stale"})
  void isUnderstoodByDdrescuelog(String set) throws Exception {
    assumeTrue(Ddrescuelog.isInstalled(), "ddrescuelog is not installed");
    RecoveryMap map = map(set);
    Path file = Files.writeString(directory.resolve("map"), mapFile(map));
    assertTrue(Ddrescuelog.run(file, "--show-status").contains("current status: finished"));
    for (RangeStatus status : RangeStatus.values()) {
      List<String> expected = new ArrayList<>();
      map.forEach(
          (offset, length, is) -> {
            for (long sector = offset / 512; is == status && sector < (offset + length) / 512; ) {
              expected.add(Long.toString(sector++));
            }
          });
      String listed =
          Ddrescuelog.run(file, "--block-size=512", "--list-blocks=" + MapFile.character(status));
      assertEquals(expected, listed.lines().toList(), status.toString());
    }
  }
}
