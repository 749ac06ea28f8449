package org.dmsalvage.replay.recovery;

import java.util.ArrayList;
import java.util.List;

/**
 * Losses of one kind in bounded memory: the first ones are kept, all are counted, and so are the
 * addresses that they concern.
 */
public final class LossList {

  /** How many losses are kept in full. */
  public static final int KEPT = 10_000;

  private final List<Loss> kept = new ArrayList<>();
  private long count;
  private long sectors;
  private long unplaced;
  private final RangeSet ranges = new RangeSet();

  /** Adds a loss. */
  public void add(Loss loss) {
    count++;
    sectors += Math.max(0, loss.sectors());
    unplaced += loss.sectors() < 0 ? 1 : 0;
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

  /** {@return how many of them may concern any sector, as nothing tells which} */
  public long unplaced() {
    return unplaced;
  }

  /**
   * {@return the bytes of the logical device that the losses concern, as far as that is known}
   *
   * <p>Whoever adds a loss adds its ranges too; they may reach beyond the end of the device.
   */
  public RangeSet ranges() {
    return ranges;
  }
}
