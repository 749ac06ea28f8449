package org.dmsalvage.gui.look;

import java.util.List;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.text.Text;

/** Makes the columns of tables, and shares the width of a table among them. */
public final class Columns {

  /** Wider than any window, so that what is left over goes to the columns that want it. */
  private static final double ROOM = 6000;

  /** The part of a table that one column may have for its texts' sake. */
  private static final double MOST_FIT = 0.45;

  private static final double LEAST = 10;

  /** Not more rows are measured; those below have the same kind of texts. */
  private static final int MEASURED = 200;

  private Columns() {}

  /**
   * {@return a column of texts}
   *
   * @param name its heading
   * @param styles style classes with blanks between them, such as {@code mono number}; may be empty
   * @param width how wide it wants to be
   * @param text what it says of an item
   */
  public static <S> TableColumn<S, String> text(
      String name, String styles, double width, Function<S, String> text) {
    TableColumn<S, String> column = new TableColumn<>(name);
    column.setCellFactory(_ -> new TextCell<>());
    column.setCellValueFactory(row -> new ReadOnlyStringWrapper(text.apply(row.getValue())));
    column.setPrefWidth(width);
    column.setSortable(false);
    if (!styles.isEmpty()) {
      column.getStyleClass().addAll(styles.split(" "));
    }
    return column;
  }

  /**
   * Keeps the first columns of a table at least as wide as they want to be, and lets the others
   * share the rest in proportion. The very first gets the style class {@code first}.
   *
   * @param count how many columns hold something short, such as a number or a word
   */
  public static void keepFirst(TableView<?> table, int count) {
    table.setColumnResizePolicy(TableView.CONSTRAINED_RESIZE_POLICY_FLEX_LAST_COLUMN);
    List<? extends TableColumn<?, ?>> columns = table.getColumns();
    columns.getFirst().getStyleClass().add("first");
    columns.subList(0, count).forEach(column -> column.setMinWidth(column.getPrefWidth()));
    var rest = columns.subList(count, columns.size());
    double sum = rest.stream().mapToDouble(TableColumn::getPrefWidth).sum();
    rest.forEach(column -> column.setPrefWidth(column.getPrefWidth() * ROOM / sum));
  }

  /**
   * Makes some columns of a table as wide as what they say now, and lets those behind them share
   * the rest in proportion to what they want.
   *
   * @param from the first of them
   * @param to the one behind the last of them
   */
  public static <S> void fit(TableView<S> table, int from, int to) {
    double all = table.getColumns().stream().mapToDouble(TableColumn::getWidth).sum();
    for (int i = from; i < to; i++) {
      TableColumn<S, ?> column = table.getColumns().get(i);
      double width = Math.min(widest(table, column), MOST_FIT * all);
      column.setPrefWidth(width);
      force(column, width);
      column.setMinWidth(width);
    }
    List<TableColumn<S, ?>> rest = table.getColumns().subList(to, table.getColumns().size());
    double wanted = rest.stream().mapToDouble(TableColumn::getPrefWidth).sum();
    double left =
        all - table.getColumns().subList(0, to).stream().mapToDouble(TableColumn::getWidth).sum();
    if (left > 0) {
      rest.forEach(column -> force(column, left * column.getPrefWidth() / wanted));
    }
  }

  /** Only its bounds set a column's width from outside. */
  private static void force(TableColumn<?, ?> column, double width) {
    column.setMinWidth(0);
    column.setMaxWidth(width);
    column.setMinWidth(width);
    column.setMaxWidth(Double.MAX_VALUE);
    column.setMinWidth(LEAST);
  }

  private static <S> double widest(TableView<S> table, TableColumn<S, ?> column) {
    Text measure = new Text(column.getText());
    measure.setFont(Fonts.ui(11));
    double widest = measure.getLayoutBounds().getWidth();
    measure.setFont(column.getStyleClass().contains("mono") ? Fonts.mono(12) : Fonts.ui(12.5));
    for (int i = 0; i < Math.min(MEASURED, table.getItems().size()); i++) {
      measure.setText(String.valueOf(column.getCellData(i)));
      widest = Math.max(widest, measure.getLayoutBounds().getWidth());
    }
    return Math.ceil(widest) + (column.equals(table.getColumns().getFirst()) ? 22 : 17);
  }
}
