package org.dmsalvage.gui.notes;

import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.inspect.io.ByteRange;

/** Some bytes of one of the images, and what the user noted about them. */
public final class Bookmark {

  private final Source.Role role;
  private final ByteRange range;
  private final String place;
  private final StringProperty note = new SimpleStringProperty("");

  /**
   * Marks bytes.
   *
   * @param role in which image
   * @param range which bytes
   * @param place the structure that they belong to; empty if none is known
   * @param note what is noted; may be empty
   */
  public Bookmark(Source.Role role, ByteRange range, String place, String note) {
    this.role = role;
    this.range = range;
    this.place = place;
    this.note.set(note);
  }

  /** {@return in which image} */
  public Source.Role role() {
    return role;
  }

  /** {@return which bytes} */
  public ByteRange range() {
    return range;
  }

  /** {@return the structure that they belong to; empty if none is known} */
  public String place() {
    return place;
  }

  /** {@return what is noted} */
  public StringProperty note() {
    return note;
  }
}
