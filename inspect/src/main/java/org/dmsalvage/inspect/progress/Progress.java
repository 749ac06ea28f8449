package org.dmsalvage.inspect.progress;

import org.dmsalvage.inspect.error.CancelledException;

/**
 * Receives the progress of one command and carries the wish to cancel it.
 *
 * <p>Passed as an argument, never global. Tasks follow each other; each {@link #begin} ends the one
 * before. {@link #advance} and {@link #checkCancelled} may be called from several threads; call
 * them once a segment or a megabyte, not once a sector.
 */
public interface Progress {

  /** Shows nothing and is never cancelled. */
  Progress NONE =
      new Progress() {
        @Override
        public void begin(String task, long totalBytes) {}

        @Override
        public void advance(long bytes) {}

        @Override
        public boolean cancelled() {
          return false;
        }
      };

  /**
   * Starts a task.
   *
   * @param task what is being done, as a person would read it: "verifying segments"
   * @param totalBytes the work ahead in bytes, or -1 if unknown
   */
  void begin(String task, long totalBytes);

  /** Adds work done since the last call, in bytes. */
  void advance(long bytes);

  /** {@return whether the user asked to stop} */
  boolean cancelled();

  /**
   * Ends the work if the user asked to stop.
   *
   * @param task what is being done, for the message
   * @throws CancelledException if {@link #cancelled()}
   */
  default void checkCancelled(String task) {
    if (cancelled()) {
      throw new CancelledException(task);
    }
  }
}
