package org.dmsalvage.inspect.pack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/** An image in a pack. What could not be read when it was packed cannot be read now. */
final class PackedSource implements BlockSource {

  private static final int MOST_CHUNKS_KEPT = 8;

  private final BlockSource file;
  private final long size;
  private final long[] chunks;
  private final long[] frames;
  private final Map<Integer, Frame.Chunk> kept = new LinkedHashMap<>(16, 0.75f, true);

  private PackedSource(BlockSource file, long size, long[] chunks, long[] frames) {
    this.file = file;
    this.size = size;
    this.chunks = chunks;
    this.frames = frames;
  }

  static BlockSource open(BlockSource file, ByteBuffer record) {
    long size = record.getLong(8);
    long index = record.getLong(16);
    long count = record.getLong(24);
    long most = (file.size() - PackWriter.HEADER_BYTES) / PackWriter.ENTRY_BYTES;
    boolean fits =
        size >= 0
            && count >= 0
            && count <= Math.min(most, Integer.MAX_VALUE / PackWriter.ENTRY_BYTES)
            && index >= PackWriter.HEADER_BYTES
            && index <= file.size() - count * PackWriter.ENTRY_BYTES;
    if (!fits) {
      throw new UnsupportedImageException(file.name(), "the header of the pack makes no sense");
    }
    ByteBuffer entries =
        ByteBuffer.allocate((int) count * PackWriter.ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.read(index, entries);
    if (Frame.checksum(entries) != record.getInt(32)) {
      throw new UnsupportedImageException(file.name(), "the index of the pack is damaged");
    }
    long[] chunks = new long[(int) count];
    long[] frames = new long[(int) count];
    for (int i = 0; i < count; i++) {
      chunks[i] = entries.getLong(i * PackWriter.ENTRY_BYTES);
      frames[i] = entries.getLong(i * PackWriter.ENTRY_BYTES + 8);
      boolean ascends = chunks[i] >= 0 && (i == 0 || chunks[i] > chunks[i - 1]);
      boolean inside = size > 0 && chunks[i] <= (size - 1) / Frame.CHUNK_BYTES;
      if (!ascends
          || !inside
          || frames[i] < PackWriter.HEADER_BYTES
          || frames[i] > file.size() - Frame.HEAD_BYTES) {
        throw new UnsupportedImageException(
            file.name(), "entry %d of the index of the pack makes no sense".formatted(i));
      }
    }
    return new PackedSource(file, size, chunks, frames);
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    long bytes = size;
    Objects.checkFromIndexSize(offset, length, bytes);
    for (long at = offset; target.hasRemaining(); ) {
      long start = at / Frame.CHUNK_BYTES * Frame.CHUNK_BYTES;
      int from = (int) (at - start);
      int part =
          (int) Math.min(Math.min(size - start, Frame.CHUNK_BYTES) - from, target.remaining());
      int i = Arrays.binarySearch(chunks, at / Frame.CHUNK_BYTES);
      if (i < 0) {
        target.put(new byte[part]);
      } else {
        Frame.Chunk chunk = chunk(i);
        int bad = chunk.unreadable().nextSetBit(from / chunk.unit());
        if (bad >= 0 && bad * chunk.unit() < from + part) {
          throw new UnreadableException(
              name(), offset, length, new IOException("not readable when packed, or pack damaged"));
        }
        target.put(chunk.bytes().slice(from, part));
      }
      at += part;
    }
  }

  private synchronized Frame.Chunk chunk(int i) {
    Frame.@Nullable Chunk chunk = kept.get(i);
    if (chunk == null) {
      chunk = read(i);
      kept.put(i, chunk);
      if (kept.size() > MOST_CHUNKS_KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
    }
    return chunk;
  }

  private Frame.Chunk read(int i) {
    ByteBuffer head = ByteBuffer.allocate(Frame.HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.read(frames[i], head);
    int packed = Frame.packedLength(head);
    long rest = file.size() - frames[i] - Frame.HEAD_BYTES;
    if (packed >= 0 && packed <= rest) {
      ByteBuffer bytes = ByteBuffer.allocate(packed);
      file.read(frames[i] + Frame.HEAD_BYTES, bytes);
      int length = (int) Math.min(size - chunks[i] * Frame.CHUNK_BYTES, Frame.CHUNK_BYTES);
      Frame.Chunk chunk = Frame.decode(head, bytes, length);
      if (chunk != null) {
        return chunk;
      }
    }
    return Frame.Chunk.damaged();
  }

  @Override
  public long nextData(long offset) {
    int i = Arrays.binarySearch(chunks, offset / Frame.CHUNK_BYTES);
    if (i >= 0) {
      return offset;
    }
    int next = -i - 1;
    return next == chunks.length ? size : Math.min(chunks[next] * Frame.CHUNK_BYTES, size);
  }

  @Override
  public long nextHole(long offset) {
    long chunk = offset / Frame.CHUNK_BYTES;
    int i = Arrays.binarySearch(chunks, chunk);
    if (i < 0) {
      return offset;
    }
    while (i + 1 < chunks.length && chunks[i + 1] == chunks[i] + 1) {
      i++;
    }
    return Math.min((chunks[i] + 1) * Frame.CHUNK_BYTES, size);
  }

  @Override
  public void close() {
    file.close();
  }
}
