package org.dmsalvage.gui.draw;

/** A view that is drawn by hand, and can be drawn again elsewhere just as it shows. */
public interface Drawn {

  /** Draws it, from 0, 0 to its width and height. */
  void drawOn(Pen pen);
}
