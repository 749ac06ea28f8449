package org.dmsalvage.gui.model;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Who does what.
 *
 * @param ui runs everything that touches what the user sees
 * @param reader reads the few bytes that the user looks at
 * @param workers run whatever takes long
 */
public record Threads(Executor ui, Executor reader, Executor workers) {

  /** {@return threads of this process, which do not keep it alive} */
  public static Threads with(Executor ui) {
    return new Threads(ui, pool("reader", true), pool("worker", false));
  }

  private static ExecutorService pool(String name, boolean single) {
    var factory = Thread.ofPlatform().daemon().name("dmsalvage-" + name).factory();
    return single
        ? Executors.newSingleThreadExecutor(factory)
        : Executors.newCachedThreadPool(factory);
  }
}
