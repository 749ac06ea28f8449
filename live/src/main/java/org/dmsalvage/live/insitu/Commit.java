package org.dmsalvage.live.insitu;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.live.insitu.RunPlan.Action;
import org.dmsalvage.live.insitu.RunPlan.Part;
import org.dmsalvage.replay.device.BlockDevice;
import org.jspecify.annotations.Nullable;

/**
 * Brings fresh blocks to the device, in batches: payloads, a flush, the bits that describe them, a
 * flush. Not safe for use by several threads.
 */
final class Commit {

  /** Runs of 128 KiB of a batch: few, so that overwritten payloads are soon described. */
  private static final int BATCH = 64;

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int BLOCK_SECTORS = InsituGeometry.BLOCK_SECTORS;
  private static final int SECTOR = 512;

  private final BlockDevice device;
  private final InsituGeometry geometry;
  private final Bitmap bitmap;
  private final FreshBlocks fresh;
  private final StoredExtents stored;
  private final Compressor compressor;
  private final Counters counters;

  /** Sectors of the bitmap of which the device may have a version that failed. */
  private final TreeSet<Long> suspect = new TreeSet<>();

  /** What is not described any more, and not yet given up. */
  private final List<Cleared> cleared = new ArrayList<>();

  private boolean unflushed;

  Commit(
      BlockDevice device,
      InsituGeometry geometry,
      Bitmap bitmap,
      FreshBlocks fresh,
      StoredExtents stored,
      Compressor compressor,
      Counters counters) {
    this.device = device;
    this.geometry = geometry;
    this.bitmap = bitmap;
    this.fresh = fresh;
    this.stored = stored;
    this.compressor = compressor;
    this.counters = counters;
  }

  /** What has been written since the device was opened, in bytes (insitu_comp_status). */
  static final class Counters {
    private long uncompressed;
    private long compressed;
    private long meta;
    private long commits;

    /** {@return how often bits were made durable} */
    long commits() {
      return commits;
    }

    /** Counts bytes given, and what they take. */
    void data(long given, long taken) {
      uncompressed += given;
      compressed += taken;
    }

    @Override
    public String toString() {
      return "%d %d %d".formatted(uncompressed, compressed, meta);
    }
  }

  /** Blocks that are as if never written, and what stands there must not be found. */
  private record Cleared(ByteRange range, boolean erase) {}

  /** Blocks with the bytes that they are to hold, and their payload if they have one. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Filled(Part part, byte[] plain, Optional<byte[]> payload) {
    int sectors() {
      return payload.map(bytes -> bytes.length / SECTOR).orElse(part.blocks() * BLOCK_SECTORS);
    }
  }

  /** Notes that something was written to the device beside this. */
  void wroteInPlace() {
    unflushed = true;
  }

  /**
   * Writes all that is fresh.
   *
   * @throws SalvageException if that fails; what is not known to be on the device is still fresh
   */
  void run() {
    List<Long> runs = fresh.runs();
    @Nullable SalvageException failure = null;
    for (int from = 0; from < runs.size(); from += BATCH) {
      SalvageException failed = batch(runs.subList(from, Math.min(runs.size(), from + BATCH)));
      failure = failure == null ? failed : failure;
    }
    giveUpCleared();
    if (failure != null) {
      throw failure;
    }
  }

  /** Makes all that was written durable. */
  void flush() {
    if (!suspect.isEmpty()) {
      flushWritten();
      writeBits(new TreeSet<>(), false);
      device.flush();
      suspect.clear();
    }
    flushWritten();
  }

  /** A plan with its bytes, or why there are none. */
  private record Job(RunPlan plan, List<Filled> filled, @Nullable SalvageException failure) {
    boolean hasPayload() {
      return filled.stream().anyMatch(part -> part.payload().isPresent());
    }
  }

  private Job prepare(long run) {
    RunPlan plan = new RunPlan(run, bitmap, fresh);
    try {
      return new Job(plan, fill(plan), null);
    } catch (UnreadableException e) {
      return new Job(plan, List.of(), e);
    }
  }

  private @Nullable SalvageException batch(List<Long> runs) {
    List<Job> jobs = runs.parallelStream().map(this::prepare).toList();
    List<Job> good = jobs.stream().filter(job -> job.failure() == null).toList();
    TreeMap<Long, Integer> before = new TreeMap<>();
    int alreadyCleared = cleared.size();
    try {
      for (Job job : good) {
        job.filled().forEach(this::write);
      }
      good.forEach(job -> describe(job, before));
      NavigableSet<Long> sectors = new TreeSet<>();
      before.forEach(
          (block, meta) -> {
            if (bitmap.meta(block) != meta) {
              sectors.add(Bitmap.firstSector(block));
              sectors.add(Bitmap.lastSector(block));
            }
          });
      if (!sectors.isEmpty()) {
        flushWritten();
        suspect.addAll(sectors);
        writeBits(sectors, good.stream().anyMatch(job -> job.plan().isOrdered()));
        device.flush();
        suspect.clear();
        counters.commits++;
      } else if (good.stream().anyMatch(Job::hasPayload)) {
        // A payload took the place of one of the same size: that must not stay in doubt.
        flushWritten();
      }
    } catch (SalvageException e) {
      before.forEach(bitmap::set);
      cleared.subList(alreadyCleared, cleared.size()).clear();
      good.forEach(this::keep);
      throw e;
    }
    for (Job job : good) {
      for (Filled part : job.filled()) {
        counters.data(part.plain().length, (long) part.sectors() * SECTOR);
      }
      fresh.remove(job.plan().run());
      stored.forget(job.plan().run());
    }
    return jobs.stream().map(Job::failure).filter(Objects::nonNull).findFirst().orElse(null);
  }

  private List<Filled> fill(RunPlan plan) {
    List<Filled> filled = new ArrayList<>();
    for (Part part : plan.parts()) {
      switch (part.action()) {
        case STORE -> {
          byte[] plain = plan.contents(part, stored);
          filled.add(new Filled(part, plain, compressor.payload(plain)));
        }
        case STORE_RAW, OVERWRITE ->
            filled.add(new Filled(part, plan.contents(part, stored), Optional.empty()));
        case DESCRIBE, CLEAR, ERASE -> {
          // Only bits.
        }
      }
    }
    return filled;
  }

  private void write(Filled filled) {
    unflushed = true;
    device.write(
        geometry.dataOffset(filled.part().first()),
        ByteBuffer.wrap(filled.payload().orElse(filled.plain())));
  }

  /** Sets the bits in memory, and keeps in mind what they were. */
  private void describe(Job job, Map<Long, Integer> before) {
    for (Filled filled : job.filled()) {
      if (filled.part().action() != Action.OVERWRITE) {
        describe(filled.part(), filled.sectors(), before);
      }
    }
    for (Part part : job.plan().parts()) {
      switch (part.action()) {
        case DESCRIBE -> describe(part, part.blocks() * BLOCK_SECTORS, before);
        case CLEAR, ERASE -> clear(part, before);
        case STORE, STORE_RAW, OVERWRITE -> {
          // Done above.
        }
      }
    }
  }

  private void describe(Part part, int sectors, Map<Long, Integer> before) {
    for (int i = 0; i < part.blocks(); i++) {
      set(part.first() + i, RunPlan.meta(i, sectors), before);
    }
  }

  private void clear(Part part, Map<Long, Integer> before) {
    boolean written = false;
    for (long block = part.first(); block < part.first() + part.blocks(); block++) {
      written |= bitmap.meta(block) != 0;
      set(block, 0, before);
    }
    if (written) {
      ByteRange range =
          new ByteRange(geometry.dataOffset(part.first()), (long) part.blocks() * BLOCK);
      cleared.add(new Cleared(range, part.action() == Action.ERASE));
    }
  }

  private void set(long block, int meta, Map<Long, Integer> before) {
    before.putIfAbsent(block, bitmap.meta(block));
    bitmap.set(block, meta);
  }

  private void flushWritten() {
    if (unflushed) {
      device.flush();
      unflushed = false;
    }
  }

  /** Writes sectors of bits, and all that failed before, from the last to the first. */
  private void writeBits(NavigableSet<Long> sectors, boolean ordered) {
    NavigableSet<Long> all = new TreeSet<>(sectors);
    all.addAll(suspect);
    for (long sector : all.descendingSet()) {
      bitmap.write(device, sector);
      counters.meta += SECTOR;
      if (ordered) {
        device.flush();
      }
    }
  }

  /** Keeps what may now be nowhere else: blocks of extents whose payload was being replaced. */
  private void keep(Job job) {
    for (Filled part : job.filled()) {
      for (int i = 0; i < part.part().blocks(); i++) {
        long block = part.part().first() + i;
        if (!fresh.has(block)) {
          byte[] bytes = new byte[BLOCK];
          System.arraycopy(part.plain(), i * BLOCK, bytes, 0, BLOCK);
          fresh.put(block, bytes);
        }
      }
    }
  }

  /**
   * Discards on the device what was cleared, now that its bits are durable. Where a payload could
   * begin, zeros are written if the device keeps the bytes: a search for payloads would find it.
   */
  private void giveUpCleared() {
    boolean wrote = false;
    while (!cleared.isEmpty()) {
      Cleared last = cleared.getLast();
      long offset = last.range().offset();
      int length = (int) last.range().length();
      BitSet taken = takenAgain(offset, length);
      if (taken.isEmpty()) {
        device.discard(offset, length);
      }
      if (last.erase()) {
        wrote |= erase(offset, length, taken);
      }
      cleared.removeLast();
    }
    if (wrote) {
      device.flush();
    }
  }

  /** Finds the blocks of a range that were stored again since they were cleared. */
  private BitSet takenAgain(long offset, int length) {
    BitSet taken = new BitSet();
    long first = (offset - geometry.dataOffset(0)) / BLOCK;
    for (int i = 0; i < length / BLOCK; i++) {
      taken.set(i, bitmap.meta(first + i) != 0);
    }
    return taken;
  }

  private boolean erase(long offset, int length, BitSet taken) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    device.read(offset, bytes);
    boolean wrote = false;
    for (int i = taken.nextClearBit(0); i < length / BLOCK; i = taken.nextClearBit(i + 1)) {
      ByteBuffer head = bytes.slice(i * BLOCK, SECTOR);
      ByteBuffer zeros = ByteBuffer.allocate(SECTOR);
      if (!head.equals(zeros)) {
        device.write(offset + (long) i * BLOCK, zeros);
        wrote = true;
      }
    }
    return wrote;
  }
}
