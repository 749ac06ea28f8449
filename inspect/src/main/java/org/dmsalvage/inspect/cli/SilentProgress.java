package org.dmsalvage.inspect.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Shows nothing, but can be cancelled.
 *
 * @param stop whether the user asked to stop
 */
record SilentProgress(AtomicBoolean stop) implements Progress {

  @Override
  public void begin(String task, long totalBytes) {}

  @Override
  public void advance(long bytes) {}

  @Override
  public boolean cancelled() {
    return stop.get();
  }
}
