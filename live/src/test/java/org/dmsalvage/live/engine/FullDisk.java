package org.dmsalvage.live.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.error.SalvageException;

/**
 * Caches whose disk gets full, at each of the writes of a workload in turn.
 *
 * @param <E> the kind of cache
 * @param disks makes the files that a cache needs
 * @param opener starts a cache; nothing happens in its background
 * @param background does what is due there
 * @param size of the cache's device, in bytes
 * @param rule looks at a cache that could not write
 * @param wholeBlocks whether to write whole blocks of data that cannot be compressed; else sectors
 *     of mostly zeros
 * @param goesOn whether there is room again before the cache is closed
 */
public record FullDisk<E extends CacheEngine>(
    Supplier<RecordedDisk> disks,
    Function<RecordedDisk, E> opener,
    Consumer<E> background,
    int size,
    Consumer<E> rule,
    boolean wholeBlocks,
    boolean goesOn) {

  private static final int SECTOR = 512;
  private static final int DEEDS = 40;
  private static final int MOST_SECTORS = 20;
  private static final int BLOCK_SECTORS = 8;

  /**
   * Lets the disk below a file be full, from each write to it on.
   *
   * @return how many writes of the workload there were
   */
  public int atEachWriteTo(int file) {
    int writes = 0;
    while (fills(file, writes)) {
      writes++;
    }
    return writes;
  }

  /** Runs the workload, and says whether the disk got full. */
  private boolean fills(int file, int writes) {
    RecordedDisk disk = disks.get();
    disk.fullAfter(file, writes);
    Run run = new Run(size / SECTOR, wholeBlocks);
    boolean failed = true;
    try {
      E engine = opener.apply(disk);
      failed = run.all(engine, background, rule);
      if (goesOn) {
        disk.makeRoom();
        engine.flush();
        assertEquals(Optional.empty(), engine.error());
        run.forgetOlder();
        run.judge(engine, "with room again after write " + writes);
      }
      engine.close();
      failed |= engine.error().isPresent();
    } catch (SalvageException _) {
      // It could not be formatted.
    }
    disk.makeRoom();
    E next = opener.apply(disk);
    String where = "full after write %d to %d".formatted(writes, file);
    assertEquals(Optional.empty(), next.error(), where);
    run.judge(next, where);
    next.write(0, ByteBuffer.allocate(SECTOR));
    next.flush();
    next.close();
    return failed;
  }

  /** What was written to each sector, from what is durable on. */
  private static final class Run {
    private final Random random = new Random(5);
    private final List<List<Long>> written = new ArrayList<>();
    private final long[] acknowledged;
    private final int unit;
    private long number;

    Run(int sectors, boolean wholeBlocks) {
      unit = wholeBlocks ? BLOCK_SECTORS : 1;
      acknowledged = new long[sectors];
      for (int i = 0; i < sectors; i++) {
        written.add(new ArrayList<>(List.of(0L)));
      }
    }

    <E extends CacheEngine> boolean all(E engine, Consumer<E> background, Consumer<E> rule) {
      boolean failed = false;
      for (int i = 0; i < DEEDS; i++) {
        try {
          if (i % 5 == 4) {
            engine.flush();
            forgetOlder();
          } else {
            write(engine);
          }
          background.accept(engine);
        } catch (SalvageException _) {
          failed = true;
        }
        if (failed || engine.error().isPresent()) {
          failed = true;
          rule.accept(engine);
        }
      }
      return failed;
    }

    private void write(CacheEngine engine) {
      int count = unit * (1 + random.nextInt(MOST_SECTORS / unit + 1));
      int first = unit * random.nextInt((acknowledged.length - count) / unit + 1);
      number++;
      byte[] bytes = new byte[count * SECTOR];
      if (unit > 1) {
        random.nextBytes(bytes);
      }
      ByteBuffer data = ByteBuffer.wrap(bytes);
      for (int i = 0; i < count; i++) {
        data.putLong(i * SECTOR, number);
        written.get(first + i).add(number);
      }
      engine.write((long) first * SECTOR, data);
      for (int i = 0; i < count; i++) {
        acknowledged[first + i] = number;
      }
    }

    private void forgetOlder() {
      for (int i = 0; i < acknowledged.length; i++) {
        long last = acknowledged[i];
        written.get(i).removeIf(value -> value < last);
      }
    }

    void judge(CacheEngine engine, String where) {
      ByteBuffer found = ByteBuffer.allocate(acknowledged.length * SECTOR);
      engine.read(0, found);
      assertFalse(found.hasRemaining());
      for (int i = 0; i < acknowledged.length; i++) {
        long value = found.getLong(i * SECTOR);
        assertTrue(
            written.get(i).contains(value),
            "%s: sector %d holds %d, not one of %s".formatted(where, i, value, written.get(i)));
      }
    }
  }
}
