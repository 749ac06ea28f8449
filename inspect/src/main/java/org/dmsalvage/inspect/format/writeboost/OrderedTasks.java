package org.dmsalvage.inspect.format.writeboost;

import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.dmsalvage.inspect.error.CancelledException;

/** Runs numbered tasks on all cores and hands their results over in order. */
final class OrderedTasks {

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
  static <T> void run(long count, LongFunction<T> work, Consumer<T> sink) {
    if (count <= 1 || THREADS == 1) {
      for (long i = 0; i < count; i++) {
        sink.accept(work.apply(i));
      }
      return;
    }
    AtomicBoolean stop = new AtomicBoolean();
    // Closing waits for what runs. Nothing is interrupted: that would close the channel it reads.
    try (ExecutorService pool =
        Executors.newFixedThreadPool((int) Math.min(THREADS, count), OrderedTasks::daemon)) {
      try {
        ArrayDeque<Future<T>> waiting = new ArrayDeque<>();
        long next = 0;
        while (next < count || !waiting.isEmpty()) {
          while (next < count && waiting.size() < THREADS * AHEAD) {
            long number = next++;
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
    return Thread.ofPlatform().daemon().name("writeboost-reader").unstarted(task);
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CancelledException("reading segments");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
