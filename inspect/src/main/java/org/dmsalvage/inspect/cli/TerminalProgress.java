package org.dmsalvage.inspect.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.Values;

/** Shows progress on standard error: a bar on a terminal, a line now and then elsewhere. */
abstract sealed class TerminalProgress implements Progress {

  private final AtomicBoolean stop;

  TerminalProgress(AtomicBoolean stop) {
    this.stop = stop;
  }

  @Override
  public boolean cancelled() {
    return stop.get();
  }

  /** Shows nothing. */
  static final class Silent extends TerminalProgress {
    Silent(AtomicBoolean stop) {
      super(stop);
    }

    @Override
    public void begin(String task, long totalBytes) {}

    @Override
    public void advance(long bytes) {}
  }

  /** Measures, and shows at intervals. */
  abstract static sealed class Measured extends TerminalProgress {
    final PrintWriter err;
    private final long intervalNanos;
    private String task = "";
    private long total = -1;
    private long done;
    private long started;
    private long nextShown;

    Measured(PrintWriter err, AtomicBoolean stop, long intervalMillis) {
      super(stop);
      this.err = err;
      this.intervalNanos = intervalMillis * 1_000_000;
    }

    @Override
    public final synchronized void begin(String task, long totalBytes) {
      clear();
      this.task = task;
      this.total = totalBytes;
      this.done = 0;
      this.started = System.nanoTime();
      this.nextShown = started + intervalNanos;
    }

    @Override
    public final synchronized void advance(long bytes) {
      done += bytes;
      long now = System.nanoTime();
      if (done >= total && total >= 0) {
        clear();
      } else if (now - nextShown >= 0) {
        nextShown = now + intervalNanos;
        show((now - started) / 1e9);
      }
    }

    private void show(double seconds) {
      double rate = done / seconds;
      StringBuilder line = new StringBuilder(task);
      if (total > 0) {
        int filled = (int) (24 * done / total);
        line.append("  ").append(bar(filled)).append(String.format("%3d %%", 100 * done / total));
      }
      line.append("  ").append(Values.binary(done));
      line.append("  ").append(Values.binary((long) rate)).append("/s");
      if (total > 0 && rate > 0) {
        long left = (long) ((total - done) / rate);
        line.append(String.format(Locale.ROOT, "  %d:%02d left", left / 60, left % 60));
      }
      print(line.toString());
      err.flush();
    }

    abstract String bar(int filled);

    abstract void print(String line);

    abstract void clear();
  }

  /** Redraws one line of a terminal. */
  static final class Bar extends Measured {
    private boolean drawn;

    Bar(PrintWriter err, AtomicBoolean stop) {
      super(err, stop, 200);
    }

    @Override
    String bar(int filled) {
      return "━".repeat(filled) + "\u001b[2m" + "━".repeat(24 - filled) + "\u001b[0m ";
    }

    @Override
    void print(String line) {
      drawn = true;
      err.print("\r\u001b[K" + line);
    }

    @Override
    void clear() {
      if (drawn) {
        err.print("\r\u001b[K");
        err.flush();
        drawn = false;
      }
    }
  }

  /** Prints a line every few seconds, for logs. */
  static final class Lines extends Measured {
    Lines(PrintWriter err, AtomicBoolean stop) {
      super(err, stop, 2000);
    }

    @Override
    String bar(int filled) {
      return "";
    }

    @Override
    void print(String line) {
      err.println(line);
    }

    @Override
    void clear() {}
  }
}
