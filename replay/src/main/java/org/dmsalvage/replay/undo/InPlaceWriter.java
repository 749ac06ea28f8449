package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.recovery.LossList;
import org.jspecify.annotations.Nullable;

/**
 * Brings changes onto a device: reads what is there, and writes only the sectors that differ, in
 * the order of the changes. With an undo file, what is overwritten is saved there first.
 *
 * <p>While a batch is written, the next one is read, compared and saved.
 */
public final class InPlaceWriter {

  /** Bytes of changes that are compared, saved and written together, unless told otherwise. */
  public static final int BATCH_BYTES = 8 << 20;

  private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);

  /** Bytes that one thread reads at a time. */
  private static final int SLICE_BYTES = 1 << 18;

  private final BlockSource device;
  private final @Nullable BlockDevice writable;
  private final @Nullable UndoFile undo;
  private final int target;
  private final int batchBytes;
  private final boolean again;

  /**
   * What was done.
   *
   * @param bytes of all changes
   * @param written bytes that differed and were written
   * @param notWritten ranges whose new contents are unknown or that the device refused
   * @param notSaved ranges that were written although what they held could not be read, so that
   *     undo cannot restore them
   */
  public record Result(long bytes, long written, LossList notWritten, LossList notSaved) {}

  /**
   * Prepares to write.
   *
   * @param device the device
   * @param undo where to save what is overwritten; null if nobody will want it back
   * @param target index of the device in the undo file
   * @param batchBytes a multiple of 512 up to 64 MiB
   */
  public InPlaceWriter(BlockDevice device, @Nullable UndoFile undo, int target, int batchBytes) {
    this(device, device, undo, target, batchBytes, false);
  }

  /**
   * {@return a writer to the same device under the same undo file that may write a place several
   * times, each time with other contents}
   */
  public InPlaceWriter writingAgain() {
    return new InPlaceWriter(device, writable, undo, target, batchBytes, true);
  }

  private InPlaceWriter(
      BlockSource device,
      @Nullable BlockDevice writable,
      @Nullable UndoFile undo,
      int target,
      int batchBytes,
      boolean again) {
    this.device = device;
    this.writable = writable;
    this.undo = undo;
    this.target = target;
    this.batchBytes = batchBytes;
    this.again = again;
  }

  /**
   * Only compares.
   *
   * @param device what is there
   * @param changes what shall be there
   * @param progress told about bytes of changes; checked for the wish to stop
   * @return what would be written
   */
  public static Result compare(BlockSource device, Changes changes, Progress progress) {
    return new InPlaceWriter(device, null, null, 0, BATCH_BYTES, false)
        .apply(changes, progress, "nothing was written");
  }

  /**
   * Applies changes; everything written is durable on return.
   *
   * @param changes what the device shall hold
   * @param progress told about bytes of changes; checked for the wish to stop
   * @param cancelled what to tell whoever stops it
   * @throws CancelledException if the user stopped it; what was written until then is durable
   * @throws OutputException if the undo file cannot be written, or does not fit the device, or
   *     there is no room
   */
  public Result apply(Changes changes, Progress progress, String cancelled) {
    try (ExecutorService readers = Executors.newFixedThreadPool(THREADS, InPlaceWriter::daemon);
        ExecutorService writer = Executors.newSingleThreadExecutor(InPlaceWriter::daemon)) {
      return new Run(changes, progress, cancelled, readers, writer).run();
    }
  }

  private static Thread daemon(Runnable task) {
    return Thread.ofPlatform().daemon().name("dmsalvage-writer").unstarted(task);
  }

  private final class Run {
    private final Changes changes;
    private final Progress progress;
    private final String cancelled;
    private final ExecutorService readers;
    private final ExecutorService writer;
    private final LossList notWritten = new LossList();
    private final LossList notSaved = new LossList();
    private final LossList refused = new LossList();
    private final @Nullable PatientWriter patient =
        writable == null ? null : new PatientWriter(writable, refused);
    private Batch filling = new Batch(capacity());
    private Batch writing = new Batch(capacity());
    private @Nullable Future<?> written;
    private long bytes;
    private long differing;

    Run(
        Changes changes,
        Progress progress,
        String cancelled,
        ExecutorService readers,
        ExecutorService writer) {
      this.changes = changes;
      this.progress = progress;
      this.cancelled = cancelled;
      this.readers = readers;
      this.writer = writer;
    }

    /** A small device needs no large buffers. */
    private int capacity() {
      long whole = (device.size() + UndoBatch.UNIT - 1) / UndoBatch.UNIT * UndoBatch.UNIT;
      return Math.clamp(whole, UndoBatch.UNIT, batchBytes);
    }

    Result run() {
      try {
        changes.forEachRange(this::range);
        hand();
        awaitWriter();
      } catch (RuntimeException e) {
        settle();
        throw e;
      }
      if (patient == null) {
        return new Result(bytes, differing, notWritten, notSaved);
      }
      long written = finish(patient);
      refused.kept().forEach(notWritten::add);
      return new Result(bytes, written, notWritten, notSaved);
    }

    private long finish(PatientWriter patient) {
      patient.sync();
      for (ByteRange doubt : patient.doubtful()) {
        changes.forEachRange((offset, length) -> rewrite(patient, doubt, offset, length));
      }
      patient.flush();
      return patient.written();
    }

    /** Makes durable what was written before something else failed, whose exception counts. */
    private void settle() {
      try {
        awaitWriter();
        if (patient != null) {
          patient.sync();
        }
      } catch (RuntimeException _) {
        // The first failure is on its way to the user already.
      }
    }

    private void range(long offset, long length) {
      check(offset, length);
      bytes += length;
      long end = offset + length;
      for (long at = offset; at < end; ) {
        if (filling.full()) {
          hand();
        }
        at += filling.add(at, end - at);
      }
    }

    private void check(long offset, long length) {
      boolean aligned =
          offset % UndoBatch.UNIT == 0
              && (length % UndoBatch.UNIT == 0 || offset + length == device.size());
      if (!aligned || length <= 0 || offset < 0 || length > device.size() - offset) {
        throw new IllegalArgumentException("range " + offset + "+" + length);
      }
    }

    /** Reads, compares and saves what was gathered; then has it written. */
    private void hand() {
      progress.checkCancelled(cancelled);
      Batch batch = filling;
      fill(batch);
      if (undo != null) {
        batch.findSaved(undo, target, again);
      }
      batch.report(notWritten, undo == null ? null : notSaved, device.name());
      if (undo != null) {
        batch.save(undo, target);
      }
      awaitWriter();
      written = writer.submit(() -> write(batch));
      filling = writing;
      writing = batch;
      filling.reset();
    }

    private void write(Batch batch) {
      if (patient != null) {
        batch.write(patient);
      } else {
        differing += batch.differing();
      }
      progress.advance(batch.bytes());
    }

    private void fill(Batch batch) {
      List<Callable<Void>> slices = new ArrayList<>();
      for (int from = 0; from < batch.pieces(); ) {
        int to = batch.sliceEnd(from, SLICE_BYTES);
        int first = from;
        slices.add(
            () -> {
              batch.examine(first, to, changes, device);
              return null;
            });
        from = to;
      }
      try {
        for (Future<Void> slice : readers.invokeAll(slices)) {
          await(slice);
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new CancelledException(cancelled);
      }
    }

    private void awaitWriter() {
      Future<?> pending = written;
      written = null;
      if (pending != null) {
        try {
          await(pending);
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
          throw new CancelledException(cancelled);
        }
      }
    }

    private static void await(Future<?> task) throws InterruptedException {
      try {
        task.get();
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case RuntimeException failure -> throw failure;
          case Error failure -> throw failure;
          case null, default -> throw new IllegalStateException(e);
        }
      }
    }

    /** Writes again what a failed flush has put in doubt. */
    private void rewrite(PatientWriter patient, ByteRange doubt, long offset, long length) {
      long end = Math.min(offset + length, doubt.end());
      for (long at = Math.max(offset, doubt.offset()); at < end; at += SLICE_BYTES) {
        progress.checkCancelled(cancelled);
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(end - at, SLICE_BYTES));
        rewrite(patient, at, piece, changes.readAround(at, piece));
      }
    }

    private static void rewrite(
        PatientWriter patient, long offset, ByteBuffer piece, List<ByteRange> unknown) {
      int from = 0;
      for (ByteRange gap : unknown) {
        int gapStart = (int) (gap.offset() - offset);
        patient.writeDurably(offset + from, piece.limit(gapStart).position(from));
        from = (int) (gap.end() - offset);
        piece.clear();
      }
      patient.writeDurably(offset + from, piece.limit(piece.capacity()).position(from));
    }
  }
}
