package org.dmsalvage.gui.map;

import java.util.ArrayList;
import java.util.List;
import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.map.CacheMap.State;

/** What the squares of the maps mean. */
final class MapLegends {

  private final ObservableValue<Colours> colours;

  MapLegends(ObservableValue<Colours> colours) {
    this.colours = colours;
  }

  private Node item(String text, String meaning, Legend.Sample sample) {
    return Legend.item(colours, text, meaning, sample);
  }

  /** {@return the states that occur in a cache, how often they do, and head and tail of its log} */
  List<Node> of(CacheMap map) {
    List<Node> items = new ArrayList<>();
    for (int i = 0; i < map.states().size(); i++) {
      if (map.count(i) > 0) {
        State state = map.states().get(i);
        items.add(
            item(
                "%s %,d".formatted(state.word(), map.count(i)),
                state.meaning(),
                (pen, c) -> Looks.draw(pen, c, state.look(), 0.7, 0.5, 0.5, 15, 12)));
      }
    }
    if (map.newest() >= 0) {
      items.add(
          item(
              "newest",
              "The head of the log: the greatest id that counts. The newer, the darker.",
              (pen, c) -> Looks.flag(pen, c, 0, 0, true)));
      items.add(
          item(
              "oldest",
              "The tail of the log: the smallest id that counts.",
              (pen, c) -> Looks.flag(pen, c, 0, 0, false)));
    }
    return items;
  }

  /** {@return the sorts of bytes that occur in the sectors of a cell} */
  List<Node> of(SectorMap sectors) {
    return sectors.kinds(0, sectors.count()).stream()
        .map(
            kind ->
                item(
                    kind.label(),
                    kind.meaning(),
                    (pen, c) -> Looks.kind(pen, c, kind, 0.5, 0.5, 15, 12)))
        .toList();
  }

  /**
   * {@return where the bytes of the recovered disk can come from}
   *
   * @param from what they are recovered from is called
   * @param overDisk whether there is a disk below that
   */
  List<Node> ofDisk(String from, boolean overDisk) {
    return List.of(
        item(
            overDisk ? "as on the disk" : "nothing written",
            "Nothing in the %s is newer.".formatted(from),
            (pen, c) -> Looks.draw(pen, c, Look.EMPTY, 1, 0.5, 0.5, 15, 12)),
        item(
            "from the " + from,
            "Salvage takes these bytes from there; the fuller, the more of the square.",
            (pen, c) -> Looks.draw(pen, c, Look.GOOD, 0.7, 0.5, 0.5, 15, 12)),
        item(
            "driver shows other bytes",
            "Here the kernel's driver would show something else than salvage.",
            (pen, c) -> Looks.draw(pen, c, Look.STALE, 0.7, 0.5, 0.5, 15, 12)),
        item(
            "at risk",
            "The newest copy is damaged: an older one may show.",
            (pen, c) -> Looks.draw(pen, c, Look.DAMAGED, 1, 0.5, 0.5, 15, 12)));
  }
}
