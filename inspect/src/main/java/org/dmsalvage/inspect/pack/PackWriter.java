package org.dmsalvage.inspect.pack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.format.Structures;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/** Makes a pack: reads images, and gives out what belongs into the file. */
public final class PackWriter {

  static final byte[] MAGIC = "DMSPACK\0".getBytes(StandardCharsets.US_ASCII);
  static final int VERSION = 2;
  static final int HEADER_BYTES = 512;
  static final int IMAGE_BYTES = 40;
  static final int FIRST_IMAGE = 16;
  static final int ENTRY_BYTES = 16;

  private final Sink sink;
  private final ByteBuffer header =
      ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long end = HEADER_BYTES;
  private int images;

  /** Receives the bytes of the file. */
  @FunctionalInterface
  public interface Sink {
    /** Takes bytes for a place in the file. */
    void write(long offset, ByteBuffer bytes);
  }

  /**
   * What became of an image.
   *
   * @param bytes of the image
   * @param structures bytes that are in the pack as they are
   * @param contents bytes of which the checksums are
   * @param unreadable bytes that could not be read
   */
  public record Result(long bytes, long structures, long contents, long unreadable) {}

  /** Begins a pack. */
  public PackWriter(Sink sink) {
    this.sink = sink;
    header.put(MAGIC).putInt(VERSION);
  }

  /**
   * Adds an image.
   *
   * @param role of it; each once, the cache first
   * @param image read from end to end
   * @param structures what is kept of it
   * @param unit bytes of which one checksum is kept of all else, 512 or 4096; it is 512 where a
   *     larger one would keep contents beside structures, or lose what is beside a bad sector
   * @param progress told about bytes; checked for the wish to stop
   * @throws CancelledException if the user stopped it
   */
  public Result add(
      Pack.Role role, BlockSource image, Structures structures, int unit, Progress progress) {
    long[] counts = new long[Frame.Kind.values().length];
    List<ByteBuffer> index = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.allocate(Frame.CHUNK_BYTES);
    progress.begin("packing " + image.name(), image.size());
    for (long at = 0; at < image.size(); at += Frame.CHUNK_BYTES) {
      progress.checkCancelled("nothing was left behind");
      int length = (int) Math.min(Frame.CHUNK_BYTES, image.size() - at);
      if (image.nextData(at) < at + length) {
        ByteBuffer chunk = buffer.slice(0, length);
        List<ByteRange> unreadable = image.readAround(at, chunk);
        boolean fine =
            !unreadable.isEmpty() || structures.cutUnits(new ByteRange(at, length), unit);
        int own = fine ? BlockSource.SECTOR_BYTES : unit;
        Frame.Kind[] kinds = kinds(chunk, at, own, unreadable, structures, counts);
        if (kinds.length > 0) {
          ByteBuffer frame = Frame.encode(chunk, own, kinds);
          ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
          index.add(entry.putLong(0, at / Frame.CHUNK_BYTES).putLong(8, end));
          put(frame);
        }
      }
      progress.advance(length);
    }
    ByteBuffer entries = ByteBuffer.allocate(index.size() * ENTRY_BYTES);
    index.forEach(entries::put);
    header.position(FIRST_IMAGE + images * IMAGE_BYTES);
    header.putInt(role.code()).putInt(0).putLong(image.size()).putLong(end);
    header.putLong(index.size()).putInt(Frame.checksum(entries));
    images++;
    put(entries.flip());
    return new Result(
        image.size(),
        counts[Frame.Kind.STRUCTURE.code()],
        counts[Frame.Kind.CONTENTS.code()],
        counts[Frame.Kind.UNREADABLE.code()]);
  }

  private void put(ByteBuffer bytes) {
    long length = bytes.remaining();
    sink.write(end, bytes);
    end += length;
  }

  /** What each unit of a chunk is; empty if all are zeros. */
  private static Frame.Kind[] kinds(
      ByteBuffer chunk,
      long offset,
      int unit,
      List<ByteRange> unreadable,
      Structures structures,
      long[] counts) {
    Frame.Kind[] kinds = new Frame.Kind[(chunk.capacity() + unit - 1) / unit];
    boolean any = false;
    for (int i = 0; i < kinds.length; i++) {
      int start = i * unit;
      int length = Math.min(unit, chunk.capacity() - start);
      ByteRange range = new ByteRange(offset + start, length);
      if (unreadable.stream().anyMatch(range::intersects)) {
        kinds[i] = Frame.Kind.UNREADABLE;
      } else if (zero(chunk, start, length)) {
        kinds[i] = Frame.Kind.ZERO;
      } else {
        kinds[i] = structures.touch(range) ? Frame.Kind.STRUCTURE : Frame.Kind.CONTENTS;
      }
      counts[kinds[i].code()] += length;
      any |= kinds[i] != Frame.Kind.ZERO;
    }
    return any ? kinds : new Frame.Kind[0];
  }

  private static boolean zero(ByteBuffer chunk, int start, int length) {
    for (int i = start; i < start + length; i++) {
      if (chunk.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Ends the pack; {@return its length in bytes} */
  public long finish() {
    header.putInt(12, images);
    int last = HEADER_BYTES - 4;
    header.putInt(last, Frame.checksum(header.slice(0, last)));
    sink.write(0, header.clear());
    return end;
  }
}
