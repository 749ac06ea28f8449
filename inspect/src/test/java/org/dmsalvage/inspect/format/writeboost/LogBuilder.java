package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.progress.Progress;

/** Writes small caches into memory, whole or damaged, one segment at a time. */
final class LogBuilder {

  final Convention convention;
  final WriteboostGeometry geometry;
  final MemorySource source;

  LogBuilder(Convention convention, int order, int segments) {
    this(convention, order, segments, order);
  }

  LogBuilder(Convention convention, int order, int segments, int orderByte) {
    this.convention = convention;
    this.source = new MemorySource(new byte[(1 << 20) + segments * (512 << order)]);
    this.geometry = WriteboostGeometry.of(source.size(), order);
    new SuperblockHeader(SuperblockHeader.MAGIC, orderByte).encode(source.buffer(), 0);
  }

  /** A segment in its own slot whose blocks cache the sectors given, all dirty. */
  LogBuilder segment(long id, long... sectors) {
    return segmentAt((int) geometry.slotOf(id), id, 255, sectors);
  }

  /** Segments {@code from … to}, each with one block at 8 * id. */
  LogBuilder segments(long from, long to) {
    for (long id = from; id <= to; id++) {
      segment(id, 8 * id);
    }
    return this;
  }

  LogBuilder segmentAt(int slot, long id, int dirtyBits, long... sectors) {
    ByteBuffer buffer = source.buffer();
    int at = (int) geometry.startByte(slot);
    Arrays.fill(source.bytes(), at, at + 4096, (byte) 0);
    int lap = (int) geometry.lapOf(id);
    for (int i = 0; i < sectors.length; i++) {
      int mb = at + convention.metablockOffset(i);
      if (convention == Convention.LAPS) {
        new Metablock2013(sectors[i], dirtyBits, lap).encode(buffer, mb);
      } else {
        new Metablock(sectors[i], dirtyBits).encode(buffer, mb);
      }
      int block = (int) geometry.blockByte(slot, i);
      Arrays.fill(source.bytes(), block, block + 4096, (byte) (id * 31 + i));
    }
    if (convention == Convention.LAPS) {
      new SegmentHeader2013(id, sectors.length, lap).encode(buffer, at);
    } else {
      buffer.limit(at + Convention.writtenBytes(sectors.length)).position(at);
      int checksum = convention.checksum(buffer);
      new SegmentHeader(id, checksum, sectors.length).encode(buffer, at);
    }
    return this;
  }

  /** Changes a byte of the first block of a slot. */
  LogBuilder spoil(long slot) {
    source.bytes()[(int) geometry.blockByte(slot, 0)] ^= 1;
    return this;
  }

  LogBuilder record(long id) {
    new SuperblockRecord(id).encode(source.buffer(), 2047 * 512);
    return this;
  }

  LogBuilder clear(long slot) {
    int at = (int) geometry.startByte(slot);
    Arrays.fill(source.bytes(), at, at + 4096, (byte) 0);
    return this;
  }

  SegmentTable table(Depth depth) {
    return SegmentTable.scan(source, geometry, convention, depth, new Findings(), Progress.NONE);
  }

  LogAnalysis analysis() {
    return LogAnalysis.of(table(Depth.VERIFY), null, PlogGeometry.DEFAULT_POOL);
  }

  /** A plog device with one plog segment a place; a plog of {@code len} sectors each. */
  static MemorySource plogs(PlogGeometry geometry, long... heads) {
    MemorySource source = new MemorySource(new byte[(int) geometry.deviceSectors() * 512]);
    for (int place = 0; place < heads.length; place++) {
      if (heads[place] != 0) {
        plog(source, (int) geometry.startByte(place), heads[place], 8 * heads[place], 0, 3);
      }
    }
    return source;
  }

  /** Writes a plog and returns the offset behind it. */
  static int plog(MemorySource source, int at, long id, long sector, int idx, int len) {
    ByteBuffer buffer = source.buffer();
    Arrays.fill(source.bytes(), at, at + 512, (byte) 0);
    Arrays.fill(source.bytes(), at + 512, at + 512 + 512 * len, (byte) (id + idx));
    CRC32C crc = new CRC32C();
    crc.update(source.bytes(), at + 512, 512 * len);
    new PlogMeta(id, sector, ~(int) crc.getValue(), idx, len).encode(buffer, at);
    return at + 512 + 512 * len;
  }

  static PlogScan scan(MemorySource plogs, int blocksPerSegment) {
    return PlogScan.scan(
        plogs, blocksPerSegment, OptionalInt.empty(), new Findings(), Progress.NONE);
  }
}
