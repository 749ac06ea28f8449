package org.dmsalvage.replay.cli;

import java.util.Locale;
import org.dmsalvage.inspect.progress.Progress;

/** Passes progress on, and gives it out in lines; see {@link ProgressOptions}. */
final class LineProgress implements Progress, AutoCloseable {

  private static final long INTERVAL_NANOS = 200_000_000;

  private final Progress shown;
  private final ProgressOptions.Lines lines;
  private long total;
  private long done;
  private long started;
  private long reported;

  LineProgress(Progress shown, ProgressOptions.Lines lines) {
    this.shown = shown;
    this.lines = lines;
  }

  @Override
  public void begin(String task, long totalBytes) {
    shown.begin(task, totalBytes);
    synchronized (this) {
      total = totalBytes;
      done = 0;
      started = System.nanoTime();
      reported = started;
      lines.line("task\t%d\t%s%n".formatted(totalBytes, task.replaceAll("\\s", " ")));
    }
  }

  @Override
  public void advance(long bytes) {
    shown.advance(bytes);
    synchronized (this) {
      done += bytes;
      long now = System.nanoTime();
      if (now - reported >= INTERVAL_NANOS || done == total) {
        reported = now;
        double seconds = Math.max(1e-9, (now - started) / 1e9);
        long rate = (long) (done / seconds);
        long left = total < 0 || rate == 0 ? -1 : (total - done + rate - 1) / rate;
        lines.line(String.format(Locale.ROOT, "at\t%d\t%d\t%d\t%d%n", done, total, rate, left));
      }
    }
  }

  @Override
  public boolean cancelled() {
    return shown.cancelled();
  }

  /** Says that nothing more comes. */
  @Override
  public synchronized void close() {
    lines.line(String.format("end%n"));
  }
}
