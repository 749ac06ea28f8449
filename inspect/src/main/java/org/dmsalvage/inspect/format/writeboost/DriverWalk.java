package org.dmsalvage.inspect.format.writeboost;

/**
 * How the driver's replay goes round the slots (find_max_id and apply_valid_segments since 2014,
 * recover_cache of 2013; rules W12, F6).
 *
 * @param slots number of slots
 * @param start slot where it begins
 * @param visited how many slots it passes before it stops; {@code slots} if it goes all the way
 * @param stop why it stops
 * @param applied how many segments it applies
 * @param lastFlushed id of the last segment applied, 0 if none, unsigned
 * @param maxId greatest id of any header, unsigned
 */
public record DriverWalk(
    int slots, int start, int visited, Stop stop, int applied, long lastFlushed, long maxId) {

  /** Why a walk ends. */
  public enum Stop {
    /** All slots were visited. */
    END,
    /** A checksum is wrong, or laps disagree. */
    TORN,
    /** 2013 only: an id is not greater than the one before; an empty slot counts as id 0. */
    NOT_RISING,
    /** A header or a segment cannot be read: the attach fails. */
    READ_ERROR
  }

  /** {@return the slot at which it stops, or -1 if it goes all the way round} */
  public int stopSlot() {
    return stop == Stop.END || slots == 0 ? -1 : slotAt(visited);
  }

  /** {@return the slot at a position of the walk, 0 … slots - 1} */
  public int slotAt(int position) {
    return (int) (((long) start + position) % slots);
  }

  /** {@return the position of a slot in the walk, 0 … slots - 1} */
  public int positionOf(int slot) {
    return slot >= start ? slot - start : slot - start + slots;
  }

  /** {@return whether the walk comes past a slot before it stops} */
  public boolean visits(int slot) {
    return positionOf(slot) < visited;
  }
}
