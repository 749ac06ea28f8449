package org.dmsalvage.gui.map;

/**
 * How cells are laid out as squares in rows.
 *
 * @param columns squares of a row
 * @param rows rows
 * @param width of a square, with the gap to the next one
 * @param height of a square, with the gap to the next one
 * @param perSquare how many cells share a square
 */
public record GridShape(int columns, int rows, double width, double height, long perSquare) {

  private static final double[][] SIZES = {{58, 26}, {40, 22}, {20, 16}, {13, 13}, {9, 9}, {6, 6}};

  /** From this width on a square has room for an id. */
  static final double ROOM_FOR_TEXT = 40;

  /**
   * {@return the layout with the largest squares that show all cells; where there are too many even
   * for the smallest, several share a square}
   */
  public static GridShape of(long cells, double width, double height) {
    for (double[] size : SIZES) {
      int columns = Math.max(1, (int) (width / size[0]));
      int rows = Math.max(1, (int) (height / size[1]));
      if ((long) columns * rows >= cells) {
        int used = (int) Math.max(1, (cells + columns - 1) / columns);
        return new GridShape(columns, used, size[0], size[1], 1);
      }
    }
    double[] smallest = SIZES[SIZES.length - 1];
    int columns = Math.max(1, (int) (width / smallest[0]));
    int rows = Math.max(1, (int) (height / smallest[1]));
    long squares = (long) columns * rows;
    long per = (cells + squares - 1) / squares;
    int used = (int) (((cells + per - 1) / per + columns - 1) / columns);
    return new GridShape(columns, used, smallest[0], smallest[1], per);
  }

  /** {@return the first cell of the square at a point, counted from the first cell shown; or -1} */
  public long cellAt(double x, double y, long cells) {
    int column = (int) (x / width);
    int row = (int) (y / height);
    long cell = ((long) row * columns + column) * perSquare;
    return x < 0 || y < 0 || column >= columns || cell >= cells ? -1 : cell;
  }
}
