package org.dmsalvage.live.writeboost;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a cache, what its threads wait for, and whether it has failed: an I/O error of
 * anything that the cache does by itself is the end of it (mark_dead).
 *
 * <p>Everything but {@link #lock} is called with the lock held.
 */
final class Guard {

  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition change = lock.newCondition();
  private @Nullable String failure;

  /**
   * Makes a guard.
   *
   * @param name what messages call the cache
   */
  Guard(String name) {
    this.name = name;
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** Wakes all who wait for something to change. */
  void changed() {
    change.signalAll();
  }

  /**
   * Waits until something may have changed; callers look in a loop.
   *
   * @throws OutputException if the cache has failed
   */
  @SuppressWarnings("WaitNotInLoop")
  void await() {
    check();
    change.awaitUninterruptibly();
    check();
  }

  /** Waits until something may have changed, whether or not the cache has failed. */
  @SuppressWarnings("WaitNotInLoop")
  void pause() {
    change.awaitUninterruptibly();
  }

  /** Waits until something may have changed, or for some time. */
  @SuppressWarnings("WaitNotInLoop")
  void await(long millis) {
    try {
      boolean _ = change.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      // Nobody interrupts the threads of a cache; if somebody does, they look again.
    }
  }

  /**
   * Makes sure that the cache has not failed.
   *
   * @throws OutputException if it has
   */
  void check() {
    if (failure != null) {
      throw new OutputException(name, "the cache has failed: " + failure);
    }
  }

  /** {@return why the cache has failed; null if it has not} */
  @Nullable String failure() {
    return failure;
  }

  /** Forgets the failure: the devices are attached anew. */
  void revive() {
    failure = null;
  }

  /** Does something without the lock; if that fails, so does the cache. */
  void unlocked(Runnable deed) {
    check();
    SalvageException failed = null;
    lock.unlock();
    try {
      deed.run();
    } catch (SalvageException e) {
      failed = e;
    } finally {
      lock.lock();
    }
    if (failed != null) {
      fail(failed);
      throw failed;
    }
  }

  /** Does something with the lock held; if that fails, so does the cache. */
  void doing(Runnable deed) {
    check();
    try {
      deed.run();
    } catch (SalvageException e) {
      fail(e);
      throw e;
    }
  }

  private void fail(SalvageException e) {
    if (failure == null) {
      failure = e.getMessage();
      change.signalAll();
    }
  }
}
