package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.application.Platform;
import javafx.scene.Node;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.Border;
import javafx.scene.layout.BorderStroke;
import javafx.scene.layout.BorderStrokeStyle;
import javafx.scene.layout.BorderWidths;
import javafx.scene.layout.CornerRadii;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import javax.xml.parsers.DocumentBuilderFactory;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.draw.SceneSvg;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.map.MapPane;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** Saves what a window shows. */
class PicturesTest {

  @TempDir static Path directory;

  private static void save(Node node, Path file) {
    PictureSaver saver = new PictureSaver(Threads.with(Platform::runLater));
    Work work = Fx.get(() -> saver.save(node, Color.WHITE, file));
    Fx.until("it is saved", () -> work.state().get() == Work.State.DONE);
  }

  private static List<String> texts(Path file) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
    var nodes = document.getElementsByTagName("text");
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add(nodes.item(i).getTextContent());
    }
    return texts;
  }

  @Test
  void mapsAndBytesAreSavedWithTheirText() throws Exception {
    GoldenSet.Images torn = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    try (Window window = new Window(torn.cache(), torn.backing(), Theme.LIGHT)) {
      window.type(KeyCode.CONTROL, KeyCode.DIGIT5);
      Fx.until(
          "the maps are there",
          () -> {
            MapPane maps = window.find(".maps", MapPane.class);
            return maps != null && maps.cacheMap() != null && maps.diskMap() != null;
          });
      window.screenshot("pictures-light", 1280, 720);
      Path target = Path.of("target/screenshots");
      Node map = window.find(".map-side", Node.class);
      save(map, target.resolve("map.svg"));
      List<String> words = texts(target.resolve("map.svg"));
      assertTrue(words.contains("Cache"), words.toString());
      assertTrue(words.contains("torn 1"), words.toString());
      save(window.find(".hex-view", Node.class), target.resolve("bytes.svg"));
      words = texts(target.resolve("bytes.svg"));
      assertTrue(words.contains("00000000"), words.toString());
      assertTrue(words.contains("74 73 42 57 07"), words.toString());
      save(window.browser().scene().getRoot(), target.resolve("window.svg"));
      words = texts(target.resolve("window.svg"));
      assertTrue(words.contains("writeboost-2014"), words.toString());
      assertTrue(words.contains("magic"), words.toString());
      png(map);
    }
  }

  @Test
  void edgesAreAsRoundAsOnTheScreen() {
    Region card = new Region();
    card.setBorder(
        new Border(
            new BorderStroke(
                Color.RED, BorderStrokeStyle.SOLID, new CornerRadii(6), new BorderWidths(2))));
    card.resize(100, 40);
    String svg = Fx.get(() -> SceneSvg.of(card, Color.WHITE));
    assertTrue(
        svg.contains("<rect x=\"1\" y=\"1\" width=\"98\" height=\"38\" rx=\"5\" fill=\"none\""),
        svg);
  }

  private static void png(Node map) throws IOException {
    Path file = directory.resolve("map.png");
    save(map, file);
    ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(file));
    assertEquals(2 * Fx.get(() -> map.getLayoutBounds().getWidth()), header.getInt(16), 1.0);
    assertEquals(2 * Fx.get(() -> map.getLayoutBounds().getHeight()), header.getInt(20), 1.0);
  }
}
