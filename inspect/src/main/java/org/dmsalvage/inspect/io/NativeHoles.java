package org.dmsalvage.inspect.io;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Finds holes with lseek(2), SEEK_DATA and SEEK_HOLE, which Java's own channels do not offer.
 *
 * <p>Opens the file a second time, read-only, at the first question. Where the file system does not
 * answer, everything counts as data.
 */
final class NativeHoles implements HoleFinder {

  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int ENXIO = 6;

  private final Path path;
  private @Nullable Calls calls;
  private int descriptor = -1;
  private boolean closed;

  NativeHoles(Path path) {
    this.path = path;
  }

  @Override
  public synchronized long nextData(long offset, long size) {
    return seek(offset, SEEK_DATA, offset, size);
  }

  @Override
  public synchronized long nextHole(long offset, long size) {
    return seek(offset, SEEK_HOLE, size, size);
  }

  private long seek(long offset, int whence, long unknown, long size) {
    Calls open = open();
    if (open == null) {
      return unknown;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      long found = (long) open.lseek.invokeExact(state, descriptor, offset, whence);
      if (found >= 0) {
        return found;
      }
      // ENXIO: there is nothing but a hole from here to the end.
      boolean onlyHole = state.get(ValueLayout.JAVA_INT, Calls.ERRNO) == ENXIO;
      return onlyHole ? (whence == SEEK_DATA ? size : offset) : unknown;
    } catch (Throwable e) {
      throw new IllegalStateException("lseek", e);
    }
  }

  private @Nullable Calls open() {
    if (calls == null && !closed) {
      Calls made = new Calls();
      try (Arena arena = Arena.ofConfined()) {
        descriptor =
            (int) made.open.invokeExact(arena.allocateFrom(path.toString()), O_RDONLY | O_CLOEXEC);
      } catch (Throwable e) {
        throw new IllegalStateException("open", e);
      }
      calls = made;
    }
    return descriptor < 0 ? null : calls;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (descriptor >= 0 && calls != null) {
      try {
        int _ = (int) calls.close.invokeExact(descriptor);
      } catch (Throwable e) {
        throw new IllegalStateException("close", e);
      }
      descriptor = -1;
    }
  }

  /** The three calls of the C library. */
  private static final class Calls {

    static final StructLayout STATE = Linker.Option.captureStateLayout();
    static final long ERRNO = STATE.byteOffset(PathElement.groupElement("errno"));

    final MethodHandle open;
    final MethodHandle lseek;
    final MethodHandle close;

    @SuppressWarnings("restricted") // the three signatures below are those of POSIX
    Calls() {
      Linker linker = Linker.nativeLinker();
      SymbolLookup libc = linker.defaultLookup();
      open =
          linker.downcallHandle(
              libc.findOrThrow("open"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
              Linker.Option.firstVariadicArg(2));
      lseek =
          linker.downcallHandle(
              libc.findOrThrow("lseek"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT),
              Linker.Option.captureCallState("errno"));
      close =
          linker.downcallHandle(
              libc.findOrThrow("close"),
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    }
  }
}
