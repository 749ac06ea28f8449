package org.dmsalvage.live.engine;

/** What the threads of servers and caches have in common. */
public final class Threads {

  private Threads() {}

  /** Waits until a thread has ended; an interrupt meanwhile is kept for later. */
  public static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
