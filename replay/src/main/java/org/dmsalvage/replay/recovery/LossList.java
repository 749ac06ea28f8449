package org.dmsalvage.replay.recovery;

import java.util.ArrayList;
import java.util.List;

/** Losses of one kind in bounded memory: the first ones are kept, all are counted. */
public final class LossList {

  /** How many losses are kept in full. */
  public static final int KEPT = 10_000;

  private final List<Loss> kept = new ArrayList<>();
  private long count;
  private long sectors;

  /** Adds a loss. */
  public void add(Loss loss) {
    count++;
    sectors += Math.max(0, loss.sectors());
    if (kept.size() < KEPT) {
      kept.add(loss);
    }
  }

  /** {@return the first losses, in the order in which they were added} */
  public List<Loss> kept() {
    return List.copyOf(kept);
  }

  /** {@return how many were added} */
  public long count() {
    return count;
  }

  /** {@return the sum of their sectors, as far as known} */
  public long sectors() {
    return sectors;
  }
}
