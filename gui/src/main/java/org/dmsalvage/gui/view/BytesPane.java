package org.dmsalvage.gui.view;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.draw.Swatch;
import org.dmsalvage.gui.hex.HexView;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Pattern;
import org.dmsalvage.gui.model.Search;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.notes.Bookmark;
import org.dmsalvage.gui.notes.Bookmarks;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** The bytes of the images, one image at a time, with search and legend. */
final class BytesPane extends BorderPane {

  private final Session session;
  private final Threads threads;
  private final ObservableValue<Colours> colours;
  private final Map<Source, HexView> views = new LinkedHashMap<>();
  private final Map<Source, ToggleButton> tabs = new LinkedHashMap<>();
  private final TextField searchField = new TextField();
  private final Label searchResult = new Label();
  private final HBox searchBar;
  private @Nullable Work search;

  BytesPane(Session session, Threads threads, ObservableValue<Colours> colours) {
    this.session = session;
    this.threads = threads;
    this.colours = colours;
    getStyleClass().add("bytes");
    HBox strip = new HBox();
    strip.getStyleClass().add("source-strip");
    ToggleGroup group = new ToggleGroup();
    for (Source source : session.sources()) {
      HexView view = new HexView(source, colours);
      view.setOnMoved(range -> session.navigator().move(new Location(source, range)));
      views.put(source, view);
      ToggleButton tab = new ToggleButton(source.label());
      tab.setToggleGroup(group);
      tab.setFocusTraversable(false);
      tab.setTooltip(new Tooltip(source.bytes().name()));
      tab.setOnAction(_ -> showAgain(source));
      tab.setMinWidth(Region.USE_PREF_SIZE);
      tabs.put(source, tab);
      strip.getChildren().add(tab);
    }
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    HBox legend = legend();
    strip.getChildren().addAll(space, legend);
    // Half a legend says nothing; the tabs go before it.
    strip
        .widthProperty()
        .addListener(
            (_, _, width) -> legend.setVisible(strip.prefWidth(-1) <= width.doubleValue()));
    strip.setMinWidth(0);
    searchBar = searchBar();
    setTop(strip);
    session.navigator().location().addListener((_, _, to) -> follow(to));
    follow(session.navigator().location().get());
  }

  /** {@return the view of the image that shows} */
  HexView view() {
    return (HexView) getCenter();
  }

  void showAgain(Source source) {
    HexView view = views.get(source);
    if (view != null) {
      session.navigator().jump(new Location(source, view.model().selection()));
    }
  }

  private void follow(Location to) {
    HexView view = views.get(to.source());
    ToggleButton tab = tabs.get(to.source());
    if (view != null && tab != null) {
      if (getCenter() != view) {
        setCenter(view);
        tab.setSelected(true);
      }
      view.show(to.range());
    }
  }

  void setMarks(List<Finding> findings) {
    views.forEach(
        (source, view) ->
            view.setMarks(
                findings.stream().filter(f -> f.image().equals(source.bytes().name())).toList()));
  }

  /** Shows in the margin what is marked, as it changes. */
  void setBookmarks(Bookmarks bookmarks) {
    Runnable show =
        () ->
            views.forEach(
                (source, view) ->
                    view.setBookmarks(
                        bookmarks.list().stream()
                            .filter(b -> b.role() == source.role())
                            .map(Bookmark::range)
                            .toList()));
    bookmarks.list().addListener((ListChangeListener<Bookmark>) _ -> show.run());
    show.run();
  }

  private HBox legend() {
    HBox legend = new HBox();
    legend.getStyleClass().add("legend");
    for (Kind kind : Kind.values()) {
      if (kind == Kind.DATA) {
        continue;
      }
      Swatch sample =
          new Swatch(
              22,
              14,
              colours,
              pen -> {
                Colours c = colours.getValue();
                pen.fill(Colours.tint(c.of(kind)), 0, 0, 22, 14);
                HexView.drawPattern(pen, c.of(kind), kind, 1, 21, 12);
              });
      Label name = new Label(kind.label());
      name.setTooltip(new Tooltip(kind.meaning()));
      name.setMinWidth(Region.USE_PREF_SIZE);
      HBox item = new HBox(5, sample, name);
      item.setAlignment(Pos.CENTER_LEFT);
      legend.getChildren().add(item);
    }
    return legend;
  }

  private HBox searchBar() {
    searchField.setPromptText("bytes as 74 73 42 57, text, or sector 10360; \"…\" is always text");
    searchField.setId("search");
    HBox.setHgrow(searchField, Priority.ALWAYS);
    searchField.setOnAction(_ -> findNext());
    Button close = new Button(null, Icons.CLOSE.node());
    close.getStyleClass().add("flat");
    close.setFocusTraversable(false);
    close.setOnAction(_ -> closeSearch());
    searchResult.getStyleClass().add("dim");
    searchResult.setMinWidth(180);
    HBox bar = new HBox(8, Icons.SEARCH.node(), searchField, searchResult, close);
    bar.getStyleClass().add("search-bar");
    bar.setOnKeyPressed(
        e -> {
          if (e.getCode() == KeyCode.ESCAPE) {
            closeSearch();
            e.consume();
          }
        });
    return bar;
  }

  /** Asks what to look for. */
  void openSearch() {
    VBox top = new VBox(getTop() instanceof VBox ? strip() : getTop(), searchBar);
    setTop(top);
    searchField.requestFocus();
    searchField.selectAll();
  }

  private Node strip() {
    return ((VBox) getTop()).getChildren().getFirst();
  }

  /** Stops looking for something. */
  void stopSearching() {
    if (search != null) {
      search.cancel();
    }
  }

  private void closeSearch() {
    stopSearching();
    if (getTop() instanceof VBox) {
      setTop(strip());
    }
    view().requestFocus();
  }

  /** Goes to the next place that has what was looked for. */
  void findNext() {
    stopSearching();
    Pattern pattern;
    try {
      pattern = Pattern.parse(searchField.getText());
    } catch (UsageException e) {
      searchResult.setText(e.getMessage());
      return;
    }
    Location here = session.navigator().location().get();
    long from = Math.min(here.range().offset() + 1, here.source().bytes().size());
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> Search.next(here.source().bytes(), pattern, from, progress),
            found -> found(here.source(), pattern, from, found));
    search = work;
    searchResult.setText("searching …");
    work.fraction()
        .addListener(
            (_, _, f) -> {
              if (work == search && f.doubleValue() < 1) {
                searchResult.setText("searching %.0f %%".formatted(100 * f.doubleValue()));
              }
            });
    work.message().addListener((_, _, message) -> searchResult.setText(message));
    work.state()
        .addListener(
            (_, _, state) -> {
              if (work == search && state == Work.State.CANCELLED) {
                searchResult.setText("stopped");
              }
            });
  }

  private void found(Source source, Pattern pattern, long from, OptionalLong offset) {
    if (offset.isEmpty()) {
      searchResult.setText("not found " + (pattern.isText() ? "as text" : "as bytes"));
      return;
    }
    long at = offset.getAsLong();
    searchResult.setText(at < from - 1 ? "went on from the beginning" : "0x%x".formatted(at));
    session.navigator().jump(new Location(source, new ByteRange(at, pattern.length())));
  }
}
