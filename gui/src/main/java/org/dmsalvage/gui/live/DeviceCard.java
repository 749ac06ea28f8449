package org.dmsalvage.gui.live;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.control.Label;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import javafx.scene.paint.Color;
import org.dmsalvage.gui.live.DeviceHistory.Fill;
import org.dmsalvage.gui.live.DeviceHistory.Segments;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.live.top.Interval;

/** One running device: its traffic of the last two minutes, and how full its cache is. */
final class DeviceCard extends VBox {

  private static final double GRAPH_HEIGHT = 46;
  private static final double BAR_HEIGHT = 16;
  private static final int MOST_CELLS = 400;

  private final DeviceHistory history;
  private final ObservableValue<Colours> colours;
  private final Label title = new Label();
  private final Label failed = new Label("failed", Icons.ERROR.node("error"));
  private final HBox graphs = new HBox(18);
  private final Canvas bar = new Canvas();
  private final Label fillText = new Label();
  private final Label facts = new Label();

  DeviceCard(DeviceHistory history, ObservableValue<Colours> colours) {
    super(8);
    this.history = history;
    this.colours = colours;
    getStyleClass().add("card");
    setMinWidth(0);
    Label name = new Label(history.name());
    name.getStyleClass().add("format");
    title.getStyleClass().add("dim");
    HBox head = new HBox(12, name, title, failed);
    head.setAlignment(Pos.BASELINE_LEFT);
    graph("read", i -> i.rate(i.bytes("read")));
    graph("written", i -> i.rate(i.bytes("write")));
    graph("written back", i -> i.rate(i.change("cache_written_back_bytes").orElse(0)));
    bar.getStyleClass().add("segment-strip");
    Tooltip.install(
        bar,
        new Tooltip(
            "Segments in their order, high ones hold what is only there. A cache without segments:"
                + " full is dirty, hatched is on its way back, pale is clean; write-back begins at"
                + " the dark line and ends at the grey one."));
    fillText.getStyleClass().add("small");
    facts.getStyleClass().addAll("dim", "small");
    facts.setWrapText(true);
    getChildren().addAll(head, graphs, bar, fillText, facts);
    widthProperty().addListener((_, _, _) -> update());
    history.latest().addListener((_, _, _) -> update());
    colours.addListener((_, _, _) -> update());
    update();
  }

  private void graph(String name, ToDoubleFunction<Interval> value) {
    Label heading = new Label(name);
    heading.getStyleClass().addAll("dim", "small");
    Label now = new Label();
    now.getStyleClass().add("mono");
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    Canvas canvas = new Canvas(10, GRAPH_HEIGHT);
    HBox line = new HBox(heading, space, now);
    line.setAlignment(Pos.BASELINE_LEFT);
    Tooltip.install(
        canvas,
        new Tooltip(
            "What was %s each time it was asked, up to %d times; the top is the most of them."
                .formatted(name, DeviceHistory.LENGTH)));
    VBox box = new VBox(3, line, canvas);
    box.setUserData((Runnable) () -> drawGraph(canvas, now, value));
    graphs.getChildren().add(box);
  }

  private void update() {
    Interval now = history.latest().get();
    if (now == null) {
      return;
    }
    double width = Math.max(0, getWidth() - getInsets().getLeft() - getInsets().getRight());
    title.setText(
        "%s   %s".formatted(now.target(), Values.binary(now.now("device_size_bytes").orElse(0))));
    failed.setVisible(now.failed());
    double each = Math.max(60, (width - 2 * graphs.getSpacing()) / 3);
    for (var graph : graphs.getChildren()) {
      VBox box = (VBox) graph;
      ((Canvas) box.getChildren().getLast()).setWidth(each);
      ((Runnable) box.getUserData()).run();
    }
    bar.setWidth(width);
    bar.setHeight(BAR_HEIGHT);
    Segments segments = DeviceHistory.segments(now);
    Fill fill = DeviceHistory.fill(now);
    boolean shows = segments.all() > 0 || fill.size() > 0;
    bar.setVisible(shows);
    bar.setManaged(shows);
    if (segments.all() > 0) {
      drawSegments(segments);
    } else if (fill.size() > 0) {
      drawFill(fill);
    }
    fillText.setText(filled(segments, fill));
    facts.setText(sentence(now));
  }

  private static String filled(Segments segments, Fill fill) {
    String cache =
        fill.size() == 0
            ? ""
            : "%s dirty, of them %s on their way back; %s clean; room for %s%s"
                .formatted(
                    Values.binary(fill.dirty() + fill.writeback()),
                    Values.binary(fill.writeback()),
                    Values.binary(fill.clean()),
                    Values.binary(fill.size()),
                    marks(fill));
    return segments.all() == 0
        ? cache
        : "%,d of %,d segments filled%s"
            .formatted(segments.used(), segments.all(), cache.isEmpty() ? "" : "; " + cache);
  }

  /** What the two lines on the bar mean. */
  private static String marks(Fill fill) {
    return fill.high() == 0
        ? ""
        : "; write-back from %d %% in use down to %d %%"
            .formatted(percent(fill.high(), fill.size()), percent(fill.low(), fill.size()));
  }

  private static long percent(long part, long whole) {
    return Math.round(100.0 * part / whole);
  }

  private static String sentence(Interval now) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s reads/s, %s writes/s, %s flushes/s"
            .formatted(
                count(now.rate(now.requests("read"))),
                count(now.rate(now.requests("write"))),
                count(now.rate(now.requests("flush")))));
    micros(text, "slowest reads", now.micros("read", 0.99));
    micros(text, "slowest writes", now.micros("write", 0.99));
    now.now("cache_uncommitted_bytes")
        .ifPresent(b -> text.append("; a crash would lose ").append(Values.binary(b)));
    now.change("cache_commits")
        .ifPresent(c -> text.append("; %s commits/s".formatted(count(now.rate(c)))));
    now.now("compressed_logical_bytes")
        .ifPresent(
            b ->
                text.append(
                    "; %s stored in %s"
                        .formatted(
                            Values.binary(b),
                            Values.binary(now.now("compressed_stored_bytes").orElse(0)))));
    return text.toString();
  }

  private static void micros(StringBuilder text, String name, OptionalLong micros) {
    micros.ifPresent(m -> text.append("; %s %,d µs".formatted(name, m)));
  }

  private static String count(double count) {
    return count > 0 && count < 10
        ? String.format(Locale.ROOT, "%.1f", count)
        : String.format(Locale.ROOT, "%,d", Math.round(count));
  }

  private void drawGraph(Canvas canvas, Label label, ToDoubleFunction<Interval> value) {
    List<Double> values = history.values(value);
    label.setText(Values.binary(Math.round(values.getLast())) + "/s");
    Colours c = colours.getValue();
    GraphicsContext g = canvas.getGraphicsContext2D();
    double w = canvas.getWidth();
    double h = canvas.getHeight();
    g.clearRect(0, 0, w, h);
    g.setStroke(c.faint());
    g.setLineWidth(1);
    g.strokeLine(0, h - 0.5, w, h - 0.5);
    double most = Math.max(1, values.stream().mapToDouble(Double::doubleValue).max().orElse(1));
    double step = w / (DeviceHistory.LENGTH - 1);
    double[] x = new double[values.size() + 2];
    double[] y = new double[values.size() + 2];
    for (int i = 0; i < values.size(); i++) {
      x[i] = w - (values.size() - 1 - i) * step;
      y[i] = h - 1 - (h - 4) * values.get(i) / most;
    }
    x[values.size()] = w;
    x[values.size() + 1] = x[0];
    y[values.size()] = h - 1;
    y[values.size() + 1] = h - 1;
    g.setFill(Colours.tint(c.accent()));
    g.fillPolygon(x, y, x.length);
    g.setStroke(c.accent());
    g.setLineWidth(1.5);
    g.strokePolyline(x, y, values.size());
  }

  /** Dirty data is full, what is on its way back hatched, clean data thin. */
  private void drawFill(Fill fill) {
    Colours c = colours.getValue();
    GraphicsContext g = bar.getGraphicsContext2D();
    double w = bar.getWidth();
    g.clearRect(0, 0, w, BAR_HEIGHT);
    g.setFill(c.raised());
    g.fillRect(0, 0, w, BAR_HEIGHT);
    double scale = w / fill.size();
    double at = part(g, c.accent(), 0, fill.dirty() * scale);
    double end = part(g, c.accent().deriveColor(0, 1, 1, 0.45), at, fill.writeback() * scale);
    g.setStroke(c.background());
    g.setLineWidth(1);
    for (double x = at + 3; x < end; x += 5) {
      g.strokeLine(x, BAR_HEIGHT, Math.min(end, x + 4), 0);
    }
    part(g, Colours.tint(c.accent()), end, fill.clean() * scale);
    g.setStroke(c.faint());
    g.strokeRect(0.5, 0.5, w - 1, BAR_HEIGHT - 1);
    mark(g, c.text(), fill.high() * scale, w);
    mark(g, c.dim(), fill.low() * scale, w);
  }

  private static double part(GraphicsContext g, Color colour, double from, double length) {
    g.setFill(colour);
    g.fillRect(from, 0, length, BAR_HEIGHT);
    return from + length;
  }

  private static void mark(GraphicsContext g, Color colour, double x, double width) {
    if (x > 0 && x < width) {
      g.setStroke(colour);
      g.setLineWidth(1.5);
      g.strokeLine(x, 0, x, BAR_HEIGHT);
    }
  }

  /** A cell a segment, or one for several that follow each other if there are very many. */
  private void drawSegments(Segments segments) {
    Colours c = colours.getValue();
    GraphicsContext g = bar.getGraphicsContext2D();
    double w = bar.getWidth();
    g.clearRect(0, 0, w, BAR_HEIGHT);
    int cells = Math.clamp(segments.all(), 1, Math.clamp((long) (w / 3), 1, MOST_CELLS));
    double step = w / cells;
    for (int i = 0; i < cells; i++) {
      boolean used = (double) i * segments.all() / cells < segments.used();
      g.setFill(used ? c.accent() : c.raised());
      g.fillRect(i * step, used ? 0 : 3, Math.max(1, step - 1), used ? BAR_HEIGHT : BAR_HEIGHT - 6);
    }
  }

  /** {@return the device} */
  DeviceHistory history() {
    return history;
  }
}
