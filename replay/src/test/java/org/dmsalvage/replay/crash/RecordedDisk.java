package org.dmsalvage.replay.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Files in memory whose writes and forces are recorded in one order, and the states that a power
 * cut could leave them in: of what no force has covered, each sector of each write is there or not,
 * in any combination; later writes may be there without earlier ones.
 */
public final class RecordedDisk {

  private static final int SECTOR = 512;

  /** All subsets are tried of up to so many sectors. */
  private static final int EXHAUSTIVE = 6;

  /** What happened to a file: bytes were written, or, if they are empty, it was forced. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Event(int file, long offset, byte[] bytes) {}

  /** One sector of a write. */
  private record Piece(Event write, int from, int to) {}

  private final List<byte[]> before = new ArrayList<>();
  private final List<Recorded> files = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();
  private int stopAfter = Integer.MAX_VALUE;

  /** Files that hold this at first, all of it durable. */
  public RecordedDisk(List<byte[]> contents) {
    for (byte[] content : contents) {
      before.add(content.clone());
      files.add(new Recorded(files.size(), content.clone()));
    }
  }

  /** A new channel over a file. */
  public synchronized FileChannel open(int file) {
    files.set(file, new Recorded(file, files.get(file).bytes()));
    return files.get(file);
  }

  public synchronized byte[] bytes(int file) {
    return files.get(file).bytes();
  }

  /** How much has happened. */
  public synchronized int length() {
    return events.size();
  }

  /** When a file was forced: how much had happened before. */
  public synchronized List<Integer> forces(int file) {
    List<Integer> forces = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).file() == file && events.get(i).bytes().length == 0) {
        forces.add(i);
      }
    }
    return forces;
  }

  /** The process dies after so many events; the machine lives on. */
  public synchronized void killAfter(int count) {
    stopAfter = count;
  }

  private synchronized void record(Event event) throws IOException {
    if (events.size() >= stopAfter) {
      throw new IOException("killed");
    }
    events.add(event);
  }

  /** Receives what could be on the disk. */
  @FunctionalInterface
  public interface States {
    void state(int event, List<byte[]> contents) throws IOException;
  }

  /**
   * Gives states after a power cut at one moment: all if few sectors are in doubt, else none of
   * them, all of them, and some by chance.
   *
   * @param event how much had happened
   * @param samples how many by chance
   */
  public void statesAt(int event, int samples, SplittableRandom random, States sink)
      throws IOException {
    List<byte[]> durable = new ArrayList<>();
    List<Piece> doubtful = new ArrayList<>();
    for (int file = 0; file < before.size(); file++) {
      durable.add(durable(file, event, doubtful));
    }
    int count = doubtful.size();
    if (count <= EXHAUSTIVE) {
      for (int subset = 0; subset < 1 << count; subset++) {
        sink.state(event, state(durable, doubtful, BitSet.valueOf(new long[] {subset})));
      }
      return;
    }
    BitSet all = new BitSet();
    sink.state(event, state(durable, doubtful, all));
    all.set(0, count);
    sink.state(event, state(durable, doubtful, all));
    for (int i = 0; i < samples; i++) {
      sink.state(event, state(durable, doubtful, choose(doubtful, i, random)));
    }
  }

  private byte[] durable(int file, int event, List<Piece> doubtful) {
    int forced = -1;
    for (int i = 0; i < event; i++) {
      if (events.get(i).file() == file && events.get(i).bytes().length == 0) {
        forced = i;
      }
    }
    byte[] content = before.get(file).clone();
    for (int i = 0; i < event; i++) {
      Event write = events.get(i);
      if (write.file() == file && i < forced) {
        content = apply(content, write, 0, write.bytes().length);
      } else if (write.file() == file) {
        for (int from = 0; from < write.bytes().length; ) {
          int length = SECTOR - (int) ((write.offset() + from) % SECTOR);
          int to = Math.min(from + length, write.bytes().length);
          doubtful.add(new Piece(write, from, to));
          from = to;
        }
      }
    }
    return content;
  }

  /** Single sectors, whole writes, or all but one sector or write, in turn. */
  private static BitSet choose(List<Piece> doubtful, int turn, SplittableRandom random) {
    BitSet chosen = new BitSet();
    int odds = random.nextInt(1, 8);
    boolean previous = false;
    for (int i = 0; i < doubtful.size(); i++) {
      boolean same = i > 0 && doubtful.get(i).write().equals(doubtful.get(i - 1).write());
      boolean whole = turn % 2 == 0 && same;
      previous = whole ? previous : random.nextInt(8) < odds;
      chosen.set(i, previous);
    }
    return chosen;
  }

  private static List<byte[]> state(List<byte[]> durable, List<Piece> doubtful, BitSet arrived) {
    List<byte[]> contents = new ArrayList<>();
    for (byte[] content : durable) {
      contents.add(content.clone());
    }
    for (int i = arrived.nextSetBit(0); i >= 0; i = arrived.nextSetBit(i + 1)) {
      Piece piece = doubtful.get(i);
      int file = piece.write().file();
      contents.set(file, apply(contents.get(file), piece.write(), piece.from(), piece.to()));
    }
    return contents;
  }

  private static byte[] apply(byte[] content, Event write, int from, int to) {
    int end = Math.toIntExact(write.offset() + to);
    byte[] grown = end > content.length ? Arrays.copyOf(content, end) : content;
    System.arraycopy(write.bytes(), from, grown, Math.toIntExact(write.offset() + from), to - from);
    return grown;
  }

  /** Records what is done to a file; only what the program uses. */
  private final class Recorded extends FileChannel {
    private final int file;
    private byte[] content;

    Recorded(int file, byte[] content) {
      this.file = file;
      this.content = content;
    }

    byte[] bytes() {
      synchronized (RecordedDisk.this) {
        return content.clone();
      }
    }

    @Override
    public int read(ByteBuffer to, long from) {
      synchronized (RecordedDisk.this) {
        int length = (int) Math.min(to.remaining(), content.length - from);
        if (length <= 0) {
          return -1;
        }
        to.put(content, (int) from, length);
        return length;
      }
    }

    @Override
    public int write(ByteBuffer from, long to) throws IOException {
      byte[] bytes = new byte[from.remaining()];
      from.get(bytes);
      synchronized (RecordedDisk.this) {
        Event event = new Event(file, to, bytes);
        record(event);
        content = apply(content, event, 0, bytes.length);
        return bytes.length;
      }
    }

    @Override
    public void force(boolean metaData) throws IOException {
      record(new Event(file, 0, new byte[0]));
    }

    @Override
    public long size() {
      synchronized (RecordedDisk.this) {
        return content.length;
      }
    }

    @Override
    protected void implCloseChannel() {}

    private static UnsupportedOperationException unused() {
      return new UnsupportedOperationException("the program does not use it");
    }

    @Override
    public int read(ByteBuffer to) {
      throw unused();
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) {
      throw unused();
    }

    @Override
    public int write(ByteBuffer from) {
      throw unused();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
      throw unused();
    }

    @Override
    public long position() {
      throw unused();
    }

    @Override
    public FileChannel position(long position) {
      throw unused();
    }

    @Override
    public FileChannel truncate(long size) {
      throw unused();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
      throw unused();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
      throw unused();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
      throw unused();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
      throw unused();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      throw unused();
    }
  }
}
