package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javafx.scene.Node;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.map.GridView;
import org.dmsalvage.gui.map.MapPane;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Zooms from whole devices to single sectors, and back. */
class ZoomTest {

  @TempDir private Path directory;

  @Test
  void mapsZoomFromTheDeviceToASector() throws IOException {
    GoldenSet.Images torn = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    try (Window window = new Window(torn.cache(), torn.backing(), Theme.LIGHT)) {
      window.type(KeyCode.CONTROL, KeyCode.DIGIT5);
      MapPane maps = window.find(".maps", MapPane.class);
      Fx.until("the maps are there", () -> maps.cacheMap() != null && maps.diskMap() != null);
      List<Node> grids = Fx.get(() -> List.copyOf(maps.lookupAll(".grid-view")));
      GridView cache = (GridView) grids.getFirst();
      GridView disk = (GridView) grids.getLast();
      Fx.until("the map has the keyboard", cache::isFocused);

      // By keys: all 48 slots, ever fewer, then the 128 sectors of the torn one.
      Fx.run(() -> go(window, new ByteRange(0x3b0000, 0x10000)));
      press(window, KeyCode.ADD, 5);
      assertEquals(List.of(48L, 16L), Fx.get(() -> List.of(cache.cells(), cache.shown())));
      press(window, KeyCode.ADD, 1);
      assertEquals(128, Fx.get(cache::cells));
      assertTrue(Fx.get(() -> window.has(".map-side .label", "slot 43 › sector 7552   header")));
      window.screenshot("sectors-light", 1280, 720);
      press(window, KeyCode.ADD, 11);
      assertEquals(16, Fx.get(cache::shown));
      assertEquals(new ByteRange(0x3b0000, 512), window.here());
      press(window, KeyCode.RIGHT, 1);
      assertEquals(new ByteRange(0x3b0200, 512), window.here());
      press(window, KeyCode.ENTER, 1);
      Fx.until(
          "its bytes have the keyboard", () -> window.browser().view().bytes().view().isFocused());

      // A place in another slot takes the map along; out again, its neighbours are around it.
      Fx.run(() -> go(window, new ByteRange(0x110000, 16)));
      assertTrue(Fx.get(() -> window.has(".map-side .label", "slot 1 › sector 2176")));
      Fx.run(cache::requestFocus);
      press(window, KeyCode.SUBTRACT, 12);
      assertEquals(48, Fx.get(cache::cells));
      assertTrue(Fx.get(cache::shown) >= 16);
      press(window, KeyCode.ADD, 12);
      press(window, KeyCode.DIGIT0, 1);
      assertEquals(List.of(48L, 48L), Fx.get(() -> List.of(cache.cells(), cache.shown())));

      // By the wheel: the blocks of the disk, then the eight sectors of one.
      long blocks = Fx.get(disk::cells);
      for (int i = 0; i < 50 && Fx.get(disk::cells) == blocks; i++) {
        Fx.wheel(disk, 40, 30, 1);
      }
      assertEquals(8, Fx.get(disk::cells));
      window.click(disk, 3 * 58 + 10, 10);
      assertEquals("backing", window.session().navigator().location().get().source().label());
      assertEquals(512, window.here().length());
      assertEquals(3, window.here().offset() / 512 % 8);
      for (int i = 0; i < 50 && Fx.get(disk::shown) < blocks; i++) {
        Fx.wheel(disk, 40, 30, -1);
      }
      assertEquals(blocks, Fx.get(disk::cells));
      assertEquals(blocks, Fx.get(disk::shown));
    }
  }

  private static void press(Window window, KeyCode key, int times) {
    for (int i = 0; i < times; i++) {
      window.type(key);
    }
  }

  private static void go(Window window, ByteRange range) {
    window.session().navigator().jump(new Location(window.session().cache(), range));
  }
}
