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
import org.jspecify.annotations.Nullable;

/** Calls of the C library that Java has nothing for; Linux on x86-64. */
public final class Posix {

  private static final int O_RDONLY = 0;
  private static final int O_WRONLY = 1;
  private static final int O_RDWR = 2;
  private static final int O_EXCL = 0x80;
  private static final int O_CLOEXEC = 0x80000;

  /** Of asm-generic/ioctls.h. */
  private static final long TIOCGWINSZ = 0x5413L;

  /** {@code _IOW(0x94, 9, int)} of linux/fs.h. */
  private static final long FICLONE = 0x40049409L;

  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int POSIX_FADV_DONTNEED = 4;

  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;

  private static final int SYNC_FILE_RANGE_WRITE = 2;

  private static final int NICER = 10;

  private static final int EBUSY = 16;
  private static final int EWOULDBLOCK = 11;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final long ERRNO = STATE.byteOffset(PathElement.groupElement("errno"));

  private Posix() {}

  /** The signatures, linked at the first use. */
  private static final class Calls {
    static final MethodHandle OPEN = call("open", 2, int32(), pointer(), int32());
    static final MethodHandle CLOSE = call("close", -1, int32(), int32());
    static final MethodHandle DUP2 = call("dup2", -1, int32(), int32(), int32());
    static final MethodHandle IOCTL = call("ioctl", 2, int32(), int32(), int64(), int32());
    static final MethodHandle IOCTL_INTO = call("ioctl", 2, int32(), int32(), int64(), pointer());
    static final MethodHandle FALLOCATE =
        call("fallocate", -1, int32(), int32(), int32(), int64(), int64());
    static final MethodHandle FADVISE =
        call("posix_fadvise", -1, int32(), int32(), int64(), int64(), int32());
    static final MethodHandle WRITE = call("write", -1, int64(), int32(), pointer(), int64());
    static final MethodHandle SYNC_RANGE =
        call("sync_file_range", -1, int32(), int32(), int64(), int64(), int32());
    static final MethodHandle FLOCK = call("flock", -1, int32(), int32(), int32());
    static final MethodHandle COPY_RANGE =
        call(
            "copy_file_range",
            -1,
            int64(),
            int32(),
            pointer(),
            int32(),
            pointer(),
            int64(),
            int32());
    static final MethodHandle STRERROR = call("strerror", -1, string(), int32());

    private Calls() {}
  }

  /** Apart from the others, because a window that needs none of them wants it early. */
  private static final class Priority {
    static final MethodHandle NICE = call("nice", -1, int32(), int32());

    private Priority() {}
  }

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

  /** A call of the C library: its result, and errno in the segment. */
  @FunctionalInterface
  private interface Call {
    int run(MemorySegment state, Arena arena) throws Throwable;
  }

  /** {@return the result if it is not negative, else the negated errno} */
  private static int run(Call call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result = call.run(state, arena);
      return result >= 0 ? result : -state.get(ValueLayout.JAVA_INT, ERRNO);
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

  /**
   * Makes one descriptor of this process name what another one names (dup2(2)).
   *
   * @throws IOException if {@code from} is none
   */
  public static void duplicate(int from, int to) throws IOException {
    int result = run((state, _) -> (int) Calls.DUP2.invokeExact(state, from, to));
    if (result < 0) {
      throw new IOException(message(-result));
    }
  }

  private static String message(int errno) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
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

  /**
   * Locks a file against every other run of this program. Unlike the locks of Java's channels, this
   * one does not go when another channel of the same file is closed.
   *
   * @return gives the lock up; null if another holds it
   */
  public static @Nullable Runnable lock(Path path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return () -> {};
    }
    int result =
        run((state, _) -> (int) Calls.FLOCK.invokeExact(state, descriptor, LOCK_EX | LOCK_NB));
    if (result == -EWOULDBLOCK) {
      close(descriptor);
      return null;
    }
    return () -> close(descriptor);
  }

  /** Has the kernel copy between two files, which may share blocks then (copy_file_range(2)). */
  public static final class RangeCopy implements AutoCloseable {
    private final int source;
    private final int target;

    /** Opens both files; if that fails, nothing will be copied. */
    public RangeCopy(Path from, Path to) {
      source = open(from, O_RDONLY | O_CLOEXEC);
      target = open(to, O_WRONLY | O_CLOEXEC);
    }

    /**
     * Copies a range, or its beginning.
     *
     * @return bytes copied; 0 if the kernel cannot, or met an error
     */
    public long copy(long from, long to, long count) {
      if (source < 0 || target < 0) {
        return 0;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment state = arena.allocate(STATE);
        MemorySegment offsets = arena.allocateFrom(ValueLayout.JAVA_LONG, from, to);
        long copied =
            (long)
                Calls.COPY_RANGE.invokeExact(
                    state,
                    source,
                    offsets.asSlice(0, Long.BYTES),
                    target,
                    offsets.asSlice(Long.BYTES),
                    count,
                    0);
        return Math.max(copied, 0);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      closeIfOpen(source);
      closeIfOpen(target);
    }
  }

  /**
   * Has the kernel begin to write what was changed of a file (sync_file_range(2)), so that little
   * is left to do when it is made durable. Says nothing about errors, and hides none.
   */
  public static final class EarlyWriting implements AutoCloseable {
    private final int file;

    /** Opens the file; if that fails, nothing happens early. */
    public EarlyWriting(Path path) {
      file = open(path, O_WRONLY | O_CLOEXEC);
    }

    /** Begins to write a range. */
    public void begin(long offset, long length) {
      if (file >= 0) {
        int _ =
            run(
                (state, _) ->
                    (int)
                        Calls.SYNC_RANGE.invokeExact(
                            state, file, offset, length, SYNC_FILE_RANGE_WRITE));
      }
    }

    @Override
    public void close() {
      closeIfOpen(file);
    }
  }

  /**
   * How much a terminal shows.
   *
   * @param rows lines
   * @param columns characters in each
   */
  public record TerminalSize(int rows, int columns) {}

  /** {@return the size of a terminal (ioctl_tty(2)), or 24 by 80 if it does not tell} */
  public static TerminalSize terminalSize(int descriptor) {
    int[] size = new int[2];
    int result =
        run(
            (state, arena) -> {
              MemorySegment found = arena.allocate(ValueLayout.JAVA_SHORT, 4);
              int status = (int) Calls.IOCTL_INTO.invokeExact(state, descriptor, TIOCGWINSZ, found);
              for (int i = 0; i < size.length; i++) {
                size[i] = Short.toUnsignedInt(found.getAtIndex(ValueLayout.JAVA_SHORT, i));
              }
              return status;
            });
    return result < 0 || size[0] == 0 || size[1] == 0
        ? new TerminalSize(24, 80)
        : new TerminalSize(size[0], size[1]);
  }

  /**
   * Writes to a descriptor that this process was started with.
   *
   * @return whether all bytes were written
   */
  public static boolean write(int descriptor, byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      return (long) Calls.WRITE.invokeExact(state, descriptor, copy, (long) bytes.length)
          == bytes.length;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Has the processors prefer other threads to the calling one, and to those that it starts: on
   * Linux each thread has a niceness of its own, and nice(2) adds to that. There is no way back.
   * Where it cannot be done, nothing changes.
   */
  public static void giveWay() {
    int _ = run((state, _) -> (int) Priority.NICE.invokeExact(state, NICER));
  }

  /**
   * Frees the blocks of a range, if the file system or the device can.
   *
   * @return whether it could: then the range reads as zeros
   */
  public static boolean punchHole(Path path, long offset, long length) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return false;
    }
    int mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
    int result =
        run(
            (state, _) ->
                (int) Calls.FALLOCATE.invokeExact(state, descriptor, mode, offset, length));
    close(descriptor);
    return result == 0;
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
