package org.dmsalvage.inspect.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/** Shows progress on standard error: a bar on a terminal, a line now and then elsewhere. */
final class TerminalProgress implements Progress {

  /** Tasks that end sooner than this show nothing. */
  private static final Duration GRACE = Duration.ofMillis(300);

  private static final int WIDTH = 100;

  private final PrintWriter err;
  private final AtomicBoolean stop;
  private final boolean redraw;
  private String task = "";
  private long total;
  private long done;
  private long started;
  private @Nullable ProgressBar bar;

  /**
   * Makes a display.
   *
   * @param err where it is drawn
   * @param stop whether the user asked to stop
   * @param redraw whether {@code err} is a terminal, on which a line can be drawn over
   */
  TerminalProgress(PrintWriter err, AtomicBoolean stop, boolean redraw) {
    this.err = err;
    this.stop = stop;
    this.redraw = redraw;
  }

  @Override
  public synchronized void begin(String task, long totalBytes) {
    end();
    this.task = task;
    this.total = totalBytes;
    this.done = 0;
    this.started = System.nanoTime();
  }

  @Override
  public synchronized void advance(long bytes) {
    done += bytes;
    if (total >= 0 && done >= total) {
      end();
    } else if (bar != null) {
      bar.stepTo(done);
    } else if (System.nanoTime() - started > GRACE.toNanos()) {
      bar = draw();
      bar.stepTo(done);
    }
  }

  private ProgressBar draw() {
    ProgressBarConsumer consumer =
        redraw
            ? new DelegatingProgressBarConsumer(line -> print("\r\u001b[K" + line), WIDTH)
            : new DelegatingProgressBarConsumer(
                line -> print(line + System.lineSeparator()), WIDTH);
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(total)
        .setUnit(" MiB", 1 << 20)
        .showSpeed()
        .setStyle(redraw ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(redraw ? 200 : 2000)
        .startsFrom(0, Duration.ofNanos(System.nanoTime() - started))
        .setConsumer(consumer)
        .build();
  }

  private void print(String text) {
    err.print(text);
    err.flush();
  }

  /** Ends the task that is being shown and leaves the line empty. */
  synchronized void end() {
    if (bar != null) {
      bar.close();
      bar = null;
      if (redraw) {
        print("\r\u001b[K");
      }
    }
  }

  @Override
  public boolean cancelled() {
    return stop.get();
  }
}
