package org.dmsalvage.inspect.volume.lvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.dmsalvage.inspect.check.Findings;
import org.junit.jupiter.api.Test;

/** What a metadata text says of a writecache. */
class AssemblyTest {

  private static LogicalVolume volume(String settings) {
    String text =
        """
        vg {
        id = "x"
        seqno = 3
        extent_size = 8192
        logical_volumes {
        main {
        id = "y"
        status = ["READ", "WRITE", "VISIBLE"]
        segment_count = 1
        segment1 {
        start_extent = 0
        extent_count = 4
        type = "writecache"
        origin = "main_wcorig"
        writecache = "fast_cvol"
        %s
        }
        }
        }
        }
        """
            .formatted(settings);
    Metadata parsed = Metadata.parse(text).orElseThrow();
    return new Assembly(parsed, List.of(), new Findings()).volumes().getFirst();
  }

  @Test
  void readsBlockSizeAndStartSector() {
    assertEquals(
        new LogicalVolume.Writecache("fast_cvol", "main_wcorig", 512, 0),
        volume("writecache_block_size = 512").writecache().orElseThrow());
    String setting =
        """
        writecache_block_size = 4096
        writecache_setting_key = "start_sector"
        writecache_setting_val = "2048\"\
        """;
    assertEquals(
        new LogicalVolume.Writecache("fast_cvol", "main_wcorig", 4096, 2048),
        volume(setting).writecache().orElseThrow());
    assertEquals(
        0, volume(setting.replace("start_sector", "max_age")).writecache().get().startSector());
  }

  @Test
  void refusesAStartThatIsNone() {
    LogicalVolume wrong =
        volume("writecache_setting_key = \"start_sector\"\nwritecache_setting_val = \"-1\"");
    assertTrue(wrong.writecache().isEmpty());
    assertTrue(wrong.problem().contains("start_sector of its writecache is '-1'"), wrong.problem());
  }
}
