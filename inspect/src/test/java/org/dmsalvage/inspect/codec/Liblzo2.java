package org.dmsalvage.inspect.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;

/** The system's liblzo2, the oracle of the LZO tests. */
final class Liblzo2 implements AutoCloseable {

  private static final int WORK_BYTES = 1 << 20;

  private final Arena arena = Arena.ofConfined();
  private final MethodHandle decompress;
  private final MethodHandle compress1;
  private final MethodHandle compress999;
  private final MemorySegment work = arena.allocate(WORK_BYTES, 16);
  private final MemorySegment length = arena.allocate(ValueLayout.JAVA_LONG);

  @SuppressWarnings("restricted") // the signatures are those of lzo1x.h
  private Liblzo2() {
    SymbolLookup library = SymbolLookup.libraryLookup("liblzo2.so.2", arena);
    FunctionDescriptor signature =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS);
    Linker linker = Linker.nativeLinker();
    decompress = linker.downcallHandle(library.findOrThrow("lzo1x_decompress_safe"), signature);
    compress1 = linker.downcallHandle(library.findOrThrow("lzo1x_1_compress"), signature);
    compress999 = linker.downcallHandle(library.findOrThrow("lzo1x_999_compress"), signature);
  }

  /** {@return the library, unless it is not installed} */
  static Optional<Liblzo2> open() {
    try {
      return Optional.of(new Liblzo2());
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /**
   * Decompresses with lzo1x_decompress_safe.
   *
   * @param out has room for what is expected; only what the library reports is written to it
   * @param result receives verdict and output length; all input counts as read
   */
  DecodeStatus decompress(byte[] stream, byte[] out, DecodeResult result) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment in = copy(call, stream);
      MemorySegment target = call.allocate(Math.max(1, out.length));
      length.set(ValueLayout.JAVA_LONG, 0, out.length);
      int code = invoke(decompress, in, stream.length, target);
      int produced = (int) length.get(ValueLayout.JAVA_LONG, 0);
      MemorySegment.copy(target, ValueLayout.JAVA_BYTE, 0, out, 0, produced);
      return result.set(status(code), stream.length, produced);
    }
  }

  byte[] compress1(byte[] plain) {
    return compress(compress1, plain);
  }

  byte[] compress999(byte[] plain) {
    return compress(compress999, plain);
  }

  private byte[] compress(MethodHandle compressor, byte[] plain) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(plain.length + plain.length / 16 + 64 + 3);
      int code = invoke(compressor, copy(call, plain), plain.length, out);
      if (code != 0) {
        throw new IllegalStateException("liblzo2 returned " + code);
      }
      int produced = (int) length.get(ValueLayout.JAVA_LONG, 0);
      return Arrays.copyOf(out.toArray(ValueLayout.JAVA_BYTE), produced);
    }
  }

  private int invoke(MethodHandle function, MemorySegment in, long inLength, MemorySegment out) {
    try {
      return (int) function.invokeExact(in, inLength, out, length, work);
    } catch (Throwable e) {
      throw new IllegalStateException("liblzo2", e);
    }
  }

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(Math.max(1, bytes.length));
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }

  private static DecodeStatus status(int code) {
    return switch (code) {
      case 0 -> DecodeStatus.COMPLETE;
      case -4 -> DecodeStatus.INPUT_OVERRUN;
      case -5 -> DecodeStatus.OUTPUT_OVERRUN;
      case -6 -> DecodeStatus.LOOKBEHIND_OVERRUN;
      case -8 -> DecodeStatus.INPUT_LEFT;
      default -> throw new IllegalStateException("liblzo2 returned " + code);
    };
  }

  @Override
  public void close() {
    arena.close();
  }
}
