package org.dmsalvage.live.insitu;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.live.insitu.Bitmap.Stored;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.insitu.RunReader;

/**
 * Reads compressed extents, and keeps some of them decompressed. Safe for use by several threads.
 *
 * <p>An extent that is not what the bits say was left by a power cut while it was overwritten; it
 * is then read as replay reads it, if replay finds all of it.
 */
final class StoredExtents {

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int SECTOR = 512;
  private static final int KEPT_BYTES = 8 << 20;

  private final BlockDevice device;
  private final InsituGeometry geometry;
  private final Codec codec;
  private final Compressor compressor;

  /** Decompressed extents by their heads, the one used last behind the others. */
  private final Map<Long, byte[]> kept = new LinkedHashMap<>(64, 0.75f, true);

  private long keptBytes;

  StoredExtents(BlockDevice device, InsituGeometry geometry, Codec codec, Compressor compressor) {
    this.device = device;
    this.geometry = geometry;
    this.codec = codec;
    this.compressor = compressor;
  }

  /**
   * Reads a compressed extent.
   *
   * @return its bytes, which must not be changed
   * @throws UnreadableException if the device cannot read it, or its payload is damaged
   */
  byte[] plain(Stored extent) {
    synchronized (kept) {
      byte[] found = kept.get(extent.first());
      if (found != null && found.length == extent.blocks() * BLOCK) {
        return found;
      }
    }
    ByteBuffer payload = ByteBuffer.allocate(extent.sectors() * SECTOR);
    device.read(geometry.dataOffset(extent.first()), payload);
    Optional<byte[]> described = compressor.plain(payload.array(), extent.blocks() * BLOCK);
    byte[] plain = described.orElseGet(() -> searched(extent));
    keep(extent.first(), plain);
    return plain;
  }

  private byte[] searched(Stored extent) {
    try (RunReader reader = new RunReader(device, geometry, codec, false)) {
      long run = extent.first() & -InsituGeometry.MAX_EXTENT_BLOCKS;
      ExtentSearch search = reader.read(run);
      for (long block = extent.first(); block < extent.end(); block++) {
        int piece = search.pieceAt(block);
        if (search.shown(piece) < (block + 1 - search.first(piece)) * BLOCK) {
          throw new UnreadableException(
              device.name(),
              "the extent of %d blocks at block %d, offset 0x%x, is damaged"
                  .formatted(extent.blocks(), extent.first(), geometry.dataOffset(extent.first())));
        }
      }
      byte[] plain = new byte[extent.blocks() * BLOCK];
      System.arraycopy(
          search.plain(), (int) (extent.first() - run) * BLOCK, plain, 0, plain.length);
      return plain;
    }
  }

  private void keep(long head, byte[] plain) {
    synchronized (kept) {
      byte[] before = kept.put(head, plain);
      keptBytes += plain.length - (before == null ? 0 : before.length);
      var oldest = kept.entrySet().iterator();
      while (keptBytes > KEPT_BYTES) {
        keptBytes -= oldest.next().getValue().length;
        oldest.remove();
      }
    }
  }

  /** Forgets the extents of a run of 32 blocks. */
  void forget(long run) {
    synchronized (kept) {
      for (long head = run; head < run + InsituGeometry.MAX_EXTENT_BLOCKS; head++) {
        byte[] before = kept.remove(head);
        keptBytes -= before == null ? 0 : before.length;
      }
    }
  }
}
