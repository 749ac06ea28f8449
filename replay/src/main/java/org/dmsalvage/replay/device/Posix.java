package org.dmsalvage.replay.device;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** Calls of the C library that Java has nothing for; Linux on x86-64. */
public final class Posix {

  private static final int O_RDONLY = 0;
  private static final int O_WRONLY = 1;
  private static final int O_RDWR = 2;
  private static final int O_EXCL = 0x80;
  private static final int O_CLOEXEC = 0x80000;

  /** {@code _IOW(0x94, 9, int)} of linux/fs.h. */
  private static final long FICLONE = 0x40049409L;

  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int POSIX_FADV_DONTNEED = 4;

  private static final int EBUSY = 16;

  private Posix() {}

  /** The signatures, linked at the first use. */
  private static final class Calls {
    static final StructLayout STATE = Linker.Option.captureStateLayout();
    static final long ERRNO = STATE.byteOffset(PathElement.groupElement("errno"));
    static final MethodHandle OPEN = call("open", 2, int32(), pointer(), int32());
    static final MethodHandle CLOSE = call("close", -1, int32(), int32());
    static final MethodHandle IOCTL = call("ioctl", 2, int32(), int32(), int64(), int32());
    static final MethodHandle FALLOCATE =
        call("fallocate", -1, int32(), int32(), int32(), int64(), int64());
    static final MethodHandle FADVISE =
        call("posix_fadvise", -1, int32(), int32(), int64(), int64(), int32());
    static final MethodHandle STRERROR = call("strerror", -1, string(), int32());

    private Calls() {}

    @SuppressWarnings("restricted") // the signatures are those of POSIX and of the Linux manual
    private static MethodHandle call(
        String name, int firstVariadic, MemoryLayout result, MemoryLayout... arguments) {
      Linker linker = Linker.nativeLinker();
      SymbolLookup libc = linker.defaultLookup();
      FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
      Linker.Option errno = Linker.Option.captureCallState("errno");
      return firstVariadic < 0
          ? linker.downcallHandle(libc.findOrThrow(name), descriptor, errno)
          : linker.downcallHandle(
              libc.findOrThrow(name),
              descriptor,
              errno,
              Linker.Option.firstVariadicArg(firstVariadic));
    }

    private static MemoryLayout int32() {
      return ValueLayout.JAVA_INT;
    }

    private static MemoryLayout int64() {
      return ValueLayout.JAVA_LONG;
    }

    private static MemoryLayout pointer() {
      return ValueLayout.ADDRESS;
    }

    @SuppressWarnings("restricted") // strerror gives a string that ends in zero
    private static AddressLayout string() {
      return ValueLayout.ADDRESS.withTargetLayout(
          MemoryLayout.sequenceLayout(1024, ValueLayout.JAVA_BYTE));
    }
  }

  /** A call of the C library: its result, and errno in the segment. */
  @FunctionalInterface
  private interface Call {
    int run(MemorySegment state, Arena arena) throws Throwable;
  }

  /** {@return the result if it is not negative, else the negated errno} */
  private static int run(Call call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      int result = call.run(state, arena);
      return result >= 0 ? result : -state.get(ValueLayout.JAVA_INT, Calls.ERRNO);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int open(Path path, int flags) {
    return run(
        (state, arena) ->
            (int) Calls.OPEN.invokeExact(state, arena.allocateFrom(path.toString()), flags));
  }

  private static void close(int descriptor) {
    int _ = run((state, _) -> (int) Calls.CLOSE.invokeExact(state, descriptor));
  }

  /**
   * Claims a block device for this process: as long as the claim is held, nobody can mount it or
   * use it for a volume, and it fails if somebody does already (open(2), O_EXCL).
   *
   * @return gives the claim up
   * @throws IOException if the device cannot be claimed
   */
  static Runnable claim(Path device) throws IOException {
    int descriptor = open(device, O_RDWR | O_EXCL | O_CLOEXEC);
    if (descriptor < 0) {
      throw new IOException(
          descriptor == -EBUSY
              ? "in use: mounted, or part of another device"
              : message(-descriptor));
    }
    return () -> close(descriptor);
  }

  private static String message(int errno) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Calls.STATE);
      return ((MemorySegment) Calls.STRERROR.invokeExact(state, errno)).getString(0);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Makes a file share all blocks of another one until one of them is written (ioctl_ficlone(2)).
   *
   * @return whether the file system could
   */
  public static boolean reflink(Path from, Path to) {
    int source = open(from, O_RDONLY | O_CLOEXEC);
    int target = open(to, O_WRONLY | O_CLOEXEC);
    try {
      return source >= 0
          && target >= 0
          && run((state, _) -> (int) Calls.IOCTL.invokeExact(state, target, FICLONE, source)) == 0;
    } finally {
      closeIfOpen(source);
      closeIfOpen(target);
    }
  }

  private static void closeIfOpen(int descriptor) {
    if (descriptor >= 0) {
      close(descriptor);
    }
  }

  /** Frees the blocks of a range, if the file system or the device can. */
  static void punchHole(Path path, long offset, long length) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor >= 0) {
      int mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
      int _ =
          run(
              (state, _) ->
                  (int) Calls.FALLOCATE.invokeExact(state, descriptor, mode, offset, length));
      close(descriptor);
    }
  }

  /**
   * Forgets what memory holds of a file, so that it is read from the device again: after a failed
   * fsync(2) memory may show what the device does not have.
   */
  static void dropCache(Path path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
      int _ =
          run(
              (state, _) ->
                  (int) Calls.FADVISE.invokeExact(state, descriptor, 0L, 0L, POSIX_FADV_DONTNEED));
      close(descriptor);
    }
  }
}
