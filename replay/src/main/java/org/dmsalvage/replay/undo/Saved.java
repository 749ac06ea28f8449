package org.dmsalvage.replay.undo;

/**
 * What an undo file can take back.
 *
 * @param path of the file
 * @param bytes that it saved
 * @param notSaved bytes that were overwritten although they could not be read
 * @param state how far the writes have come
 */
public record Saved(String path, long bytes, long notSaved, UndoState state) {

  /** {@return what a file holds now} */
  public static Saved of(UndoFile file) {
    return new Saved(
        file.name(), file.savedBytes() - file.notSavedBytes(), file.notSavedBytes(), file.state());
  }

  /** {@return what undoing would do, in a sentence} */
  public String promise() {
    return "'dmsalvage undo %s' restores what was".formatted(path)
        + (notSaved == 0
            ? ""
            : ", all but %d bytes that could not be read before they were overwritten"
                .formatted(notSaved));
  }
}
