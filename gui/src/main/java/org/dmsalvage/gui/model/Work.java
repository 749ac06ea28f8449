package org.dmsalvage.gui.model;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.property.ReadOnlyDoubleWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.Values;

/** Something that runs in the background, tells how far it has come, and can be stopped. */
public final class Work {

  /** How it stands with the work. */
  public enum State {
    /** It goes on. */
    RUNNING,
    /** It has ended well. */
    DONE,
    /** It was stopped. */
    CANCELLED,
    /** It has ended with a message. */
    FAILED
  }

  /** What is to be done. */
  @FunctionalInterface
  public interface Task<T> {
    /**
     * Does it, on a thread of its own.
     *
     * @param progress is told about it, and says when to stop
     */
    T run(Progress progress);
  }

  /** The user interface hears of progress no more often than this. */
  private static final long QUIET_NANOS = 60_000_000;

  private final Executor ui;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final ReadOnlyObjectWrapper<State> state = new ReadOnlyObjectWrapper<>(State.RUNNING);
  private final ReadOnlyDoubleWrapper fraction = new ReadOnlyDoubleWrapper(-1);
  private final ReadOnlyStringWrapper task = new ReadOnlyStringWrapper("");
  private final ReadOnlyStringWrapper amount = new ReadOnlyStringWrapper("");
  private final ReadOnlyStringWrapper message = new ReadOnlyStringWrapper("");

  private Work(Executor ui) {
    this.ui = ui;
  }

  /**
   * Starts something.
   *
   * @param threads runs it
   * @param ui runs everything that the user interface hears
   * @param task what is to be done
   * @param done receives the result, unless it fails or is stopped
   */
  public static <T> Work start(Executor threads, Executor ui, Task<T> task, Consumer<T> done) {
    Work work = new Work(ui);
    threads.execute(() -> work.run(task, done));
    return work;
  }

  private <T> void run(Task<T> todo, Consumer<T> done) {
    try {
      T result = todo.run(new Reporter());
      ui.execute(
          () -> {
            fraction.set(1);
            if (stop.get()) {
              state.set(State.CANCELLED);
            } else {
              state.set(State.DONE);
              done.accept(result);
            }
          });
    } catch (CancelledException _) {
      ui.execute(() -> state.set(State.CANCELLED));
    } catch (SalvageException e) {
      fail(String.valueOf(e.getMessage()));
    } catch (RuntimeException | OutOfMemoryError e) {
      boolean stopped = stop.get();
      if (stopped) {
        ui.execute(() -> state.set(State.CANCELLED));
      } else {
        fail("internal error: " + e);
      }
    }
  }

  private void fail(String text) {
    ui.execute(
        () -> {
          message.set(text);
          state.set(State.FAILED);
        });
  }

  /** Asks it to stop; it does as soon as it can. */
  public void cancel() {
    stop.set(true);
  }

  /** {@return whether it was asked to stop} */
  public boolean isToStop() {
    return stop.get();
  }

  /** {@return how it stands} */
  public ReadOnlyObjectProperty<State> state() {
    return state.getReadOnlyProperty();
  }

  /** {@return how much of the current task is done, 0 … 1, or -1 if nobody knows} */
  public ReadOnlyDoubleProperty fraction() {
    return fraction.getReadOnlyProperty();
  }

  /** {@return what is being done just now} */
  public ReadOnlyStringProperty task() {
    return task.getReadOnlyProperty();
  }

  /** {@return how much is done of how much, and how fast; empty if nobody knows} */
  public ReadOnlyStringProperty amount() {
    return amount.getReadOnlyProperty();
  }

  /** {@return why it failed; empty if it did not} */
  public ReadOnlyStringProperty message() {
    return message.getReadOnlyProperty();
  }

  /** Passes progress on, now and then. */
  private final class Reporter implements Progress {
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong lastTold = new AtomicLong(System.nanoTime() - QUIET_NANOS);
    private volatile long total = -1;
    private volatile long began;

    @Override
    public void begin(String name, long totalBytes) {
      done.set(0);
      total = totalBytes;
      began = System.nanoTime();
      ui.execute(
          () -> {
            task.set(name);
            amount.set("");
            fraction.set(totalBytes > 0 ? 0 : -1);
          });
    }

    @Override
    public void advance(long bytes) {
      long now = done.addAndGet(bytes);
      long time = System.nanoTime();
      long told = lastTold.get();
      if (total > 0 && time - told > QUIET_NANOS && lastTold.compareAndSet(told, time)) {
        double part = Math.min(1, now / (double) total);
        double seconds = Math.max(time - began, 1) / 1e9;
        String text =
            "%s of %s   %s/s"
                .formatted(
                    Values.binary(now),
                    Values.binary(total),
                    Values.binary((long) (now / seconds)));
        ui.execute(
            () -> {
              fraction.set(part);
              amount.set(text);
            });
      }
    }

    @Override
    public boolean cancelled() {
      return stop.get();
    }
  }
}
