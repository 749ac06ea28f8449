package org.dmsalvage.inspect.progress;

import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;
import org.dmsalvage.inspect.error.CancelledException;

/** Runs numbered tasks on all cores and hands their results over in order. */
public final class OrderedTasks {

  private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 16);

  /** Results that wait for their turn, a thread. */
  private static final int AHEAD = 3;

  private OrderedTasks() {}

  /**
   * Runs tasks 0 … count - 1. Whatever a task or the sink throws ends the run.
   *
   * @param count number of tasks
   * @param work computes the result of a task; called by several threads
   * @param sink receives the results in order of their numbers, on the thread of the caller
   */
  public static <T> void run(long count, LongFunction<T> work, Consumer<T> sink) {
    run(last -> last + 1 < count ? last + 1 : -1, work, sink);
  }

  /**
   * Runs tasks whose numbers are not known beforehand.
   *
   * @param next gives the number of the task after one, -1 for the first, or -1 if it is the last;
   *     called on the thread of the caller
   * @param work computes the result of a task; called by several threads
   * @param sink receives the results in order of their numbers, on the thread of the caller
   */
  public static <T> void run(LongUnaryOperator next, LongFunction<T> work, Consumer<T> sink) {
    long first = next.applyAsLong(-1);
    if (first < 0) {
      return;
    }
    long second = next.applyAsLong(first);
    if (second < 0 || THREADS == 1) {
      for (long task = first; task >= 0; task = task == first ? second : next.applyAsLong(task)) {
        sink.accept(work.apply(task));
      }
      return;
    }
    AtomicBoolean stop = new AtomicBoolean();
    // Closing waits for what runs. Nothing is interrupted: that would close the channel it reads.
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS, OrderedTasks::daemon)) {
      try {
        ArrayDeque<Future<T>> waiting = new ArrayDeque<>();
        long task = first;
        while (task >= 0 || !waiting.isEmpty()) {
          while (task >= 0 && waiting.size() < THREADS * AHEAD) {
            long number = task;
            task = number == first ? second : next.applyAsLong(number);
            waiting.add(
                pool.submit(
                    () -> {
                      if (stop.get()) {
                        throw new IllegalStateException("stopped");
                      }
                      return work.apply(number);
                    }));
          }
          sink.accept(result(waiting.remove()));
        }
      } finally {
        stop.set(true);
      }
    }
  }

  private static Thread daemon(Runnable task) {
    return Thread.ofPlatform().daemon().name("dmsalvage-worker").unstarted(task);
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CancelledException("reading the image");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
