package org.dmsalvage.inspect.format.insitu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Random;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.Encoder;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/** A device in memory, laid out by hand, of which sectors can be made unreadable. */
final class TestDevice implements BlockSource {

  static final long MAGIC = 0x106526c206506c09L;
  static final int BITMAP = 4096;

  final ByteBuffer bytes;
  final BitSet unreadable = new BitSet();
  final Codec codec;
  final int metaBlocks;

  private TestDevice(int size, Codec codec, int metaBlocks) {
    this.bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    this.codec = codec;
    this.metaBlocks = metaBlocks;
  }

  /** A formatted device; each further 6553 blocks have a further block of bitmap. */
  static TestDevice formatted(Codec codec, int dataBlocks) {
    int metaBlocks = dataBlocks / 6553 + 1;
    TestDevice device = new TestDevice((1 + metaBlocks + dataBlocks) * 4096, codec, metaBlocks);
    device.bytes.putLong(0, MAGIC).putLong(8, 1).putLong(16, metaBlocks).putLong(24, dataBlocks);
    device.bytes.put(32, (byte) (codec == Codec.LZO ? 0 : 1));
    return device;
  }

  static TestDevice of(byte[] content) {
    TestDevice device = new TestDevice(content.length, Codec.LZO, 1);
    device.bytes.put(0, content);
    return device;
  }

  /** Compressible bytes. */
  static byte[] text(int blocks, long seed) {
    byte[] text = new byte[blocks * 4096];
    Random random = new Random(seed);
    for (int i = 0; i < text.length; i += 16) {
      byte[] word =
          "block %09d ".formatted(random.nextInt(999)).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(word, 0, text, i, 16);
    }
    return text;
  }

  /** Sets the five bits of a block, one by one. */
  TestDevice meta(int block, int meta) {
    for (int i = 0; i < 5; i++) {
      int bit = block * 5 + i;
      int at = BITMAP + bit / 8;
      int mask = 1 << bit % 8;
      boolean on = (meta >> i & 1) != 0;
      bytes.put(at, (byte) (on ? bytes.get(at) | mask : bytes.get(at) & ~mask));
    }
    return this;
  }

  /** Describes an extent in the bitmap. */
  TestDevice describe(int first, int blocks, int sectors) {
    int left = sectors;
    for (int i = 0; i < blocks; i++) {
      int here = Math.min(8, left);
      left -= here;
      meta(first + i, here + (i == 0 ? 0 : 16));
    }
    return this;
  }

  int dataOffset(int block) {
    return (1 + metaBlocks + block) * 4096;
  }

  /** Writes a payload and returns its sectors, without describing it. */
  int payload(int first, byte[] plain) {
    byte[] out = new byte[plain.length];
    int length;
    try (Encoder encoder = codec.newEncoder()) {
      length = encoder.encode(plain, 0, plain.length, out, 0, out.length - 516);
    }
    if (length < 0) {
      throw new IllegalArgumentException("does not compress");
    }
    int sectors = (length + 4 + 511) / 512;
    bytes.put(dataOffset(first), out, 0, length);
    bytes.putInt(dataOffset(first) + sectors * 512 - 4, length);
    return sectors;
  }

  /** Writes and describes a compressed extent. */
  TestDevice extent(int first, byte[] plain) {
    return describe(first, plain.length / 4096, payload(first, plain));
  }

  /** Writes and describes an extent that is stored as it is. */
  TestDevice stored(int first, int blocks, long seed) {
    byte[] noise = new byte[blocks * 4096];
    new Random(seed).nextBytes(noise);
    bytes.put(dataOffset(first), noise);
    return describe(first, blocks, blocks * 8);
  }

  @Override
  public String name() {
    return "device";
  }

  @Override
  public long size() {
    return bytes.capacity();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int end = (int) offset + target.remaining();
    int bad = unreadable.nextSetBit((int) offset / 512);
    if (bad >= 0 && bad * 512 < end) {
      throw new UnreadableException(name(), offset, target.remaining(), new IOException("EIO"));
    }
    target.put(bytes.array(), (int) offset, target.remaining());
  }

  @Override
  public void close() {}
}
