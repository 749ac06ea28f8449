package org.dmsalvage.gui.model;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.dmsalvage.replay.device.Posix;

/**
 * Who does what.
 *
 * @param ui runs everything that touches what the user sees
 * @param reader reads the few bytes that the user looks at
 * @param workers run whatever takes long and the user waits for
 * @param background runs what takes long and nobody asked for; gives way to all others, so that
 *     where there are few processors the window moves as if it were not there
 */
public record Threads(Executor ui, Executor reader, Executor workers, Executor background) {

  /** Makes threads whose workers do in the background, too, what is to be done there. */
  public Threads(Executor ui, Executor reader, Executor workers) {
    this(ui, reader, workers, workers);
  }

  /** {@return threads of this process, which do not keep it alive} */
  public static Threads with(Executor ui) {
    return new Threads(
        ui,
        Executors.newSingleThreadExecutor(factory("reader")),
        Executors.newCachedThreadPool(factory("worker")),
        givingWay());
  }

  private static ExecutorService givingWay() {
    ThreadFactory factory = factory("background");
    return Executors.newCachedThreadPool(
        task ->
            factory.newThread(
                () -> {
                  Posix.giveWay();
                  task.run();
                }));
  }

  private static ThreadFactory factory(String name) {
    return Thread.ofPlatform().daemon().name("dmsalvage-" + name).factory();
  }
}
