package org.dmsalvage.replay.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.captive.Wrapping;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.nbd.NbdUri;
import org.dmsalvage.inspect.source.Sources;
import org.jspecify.annotations.Nullable;

/** Opens the files and block devices that a user wants to be written in place. */
public final class Targets {

  private Targets() {}

  /**
   * Opens a device for writing after making sure that nobody else uses it: not mounted, no holders,
   * no loop device over it, claimed with O_EXCL (a block device) or locked (a file). Who else uses
   * an export of an NBD server is the server's affair.
   *
   * @param name path of a file or block device, or URI of an export
   * @param force whether to open it although it is in use
   * @throws OutputException if it is in use, or is neither file nor block device, or cannot be
   *     opened
   */
  public static BlockDevice open(String name, boolean force) {
    return open(name, force, DeviceUse.HERE);
  }

  static BlockDevice open(String name, boolean force, DeviceUse use) {
    if (NbdUri.matches(name)) {
      return new NbdDevice(name);
    }
    Optional<Wrapping> wrapping = Sources.wrapping(name);
    if (wrapping.isPresent() && !force) {
      throw new OutputException(
          name,
          "is %s, whose disk is only read; %s (--force writes into the file as it is)"
              .formatted(wrapping.get().title(), wrapping.get().writable()));
    }
    Path path = Path.of(name);
    String number = blockDeviceNumber(path);
    if (number == null && !Files.isRegularFile(path)) {
      throw new OutputException(
          name, Files.exists(path) ? "is neither a file nor a block device" : "no such file");
    }
    if (!force) {
      List<String> users = users(path, number, use);
      if (!users.isEmpty()) {
        throw new OutputException(
            name, String.join(" and ", users) + "; release it first (--force insists)");
      }
    }
    Runnable claim = () -> {};
    try {
      if (number != null) {
        claim = claim(path, force);
      }
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (number == null) {
        // Other programs lock images as Java does; between runs of this one, the other lock counts.
        Runnable lock = Posix.lock(path);
        if ((lock == null || !lock(channel)) && !force) {
          channel.close();
          throw new OutputException(name, "is locked by another program (--force insists)");
        }
        claim = lock == null ? claim : lock;
      }
      return new ChannelDevice(name, channel, claim);
    } catch (IOException | OutputException e) {
      claim.run();
      throw failure(name, e);
    }
  }

  private static List<String> users(Path path, @Nullable String number, DeviceUse use) {
    return number == null ? use.usersOf(realPath(path)) : use.usersOf(number);
  }

  /**
   * {@return who uses a file or block device, as far as can be seen without opening it, in
   * sentences like "is mounted at /srv"; empty if nobody does}
   */
  public static List<String> users(String name) {
    Path path = Path.of(name);
    return users(path, blockDeviceNumber(path), DeviceUse.HERE);
  }

  private static OutputException failure(String name, Exception e) {
    return switch (e) {
      case OutputException known -> known;
      case NoSuchFileException _ -> new OutputException(name, "no such file");
      case AccessDeniedException _ -> new OutputException(name, "permission denied");
      case IOException failed -> new OutputException(name, "cannot open for writing", failed);
      default -> throw new IllegalStateException(e);
    };
  }

  private static Runnable claim(Path path, boolean force) throws IOException {
    try {
      return Posix.claim(path);
    } catch (IOException e) {
      if (force) {
        return () -> {};
      }
      throw e;
    }
  }

  /**
   * Takes the lock of a file, which goes when the channel is closed.
   *
   * @return whether nobody else holds it; true where the file system has no locks
   */
  public static boolean lock(FileChannel channel) {
    try {
      @Nullable FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException _) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  /** {@return the device's number as in {@code 8:1}, or null if it is no block device} */
  private static @Nullable String blockDeviceNumber(Path path) {
    try {
      int mode = (Integer) Files.getAttribute(path, "unix:mode");
      if ((mode & 0170000) != 0060000) {
        return null;
      }
      return number((Long) Files.getAttribute(path, "unix:rdev"));
    } catch (IOException | UnsupportedOperationException _) {
      return null;
    }
  }

  /** {@return a device number as Linux prints it; the bits as in makedev(3)} */
  static String number(long device) {
    long major = ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
    long minor = (device & 0xff) | ((device >>> 12) & ~0xffL);
    return String.format(Locale.ROOT, "%d:%d", major, minor & 0xffffffffL);
  }

  private static Path realPath(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException _) {
      return path.toAbsolutePath();
    }
  }

  /** {@return which device it is} */
  public static DeviceIdentity identify(BlockSource device) {
    if (NbdUri.matches(device.name())) {
      return new DeviceIdentity(device.name(), device.size(), "", Signature.recognise(device));
    }
    Path path = Path.of(device.name());
    String number = blockDeviceNumber(path);
    return new DeviceIdentity(
        realPath(path).toString(),
        device.size(),
        number == null ? "" : DeviceUse.HERE.model(number),
        contents(device));
  }

  /**
   * Recognises contents. A cache is known by its magic number; blocks it holds may look like a file
   * system.
   *
   * @return what the device seems to hold; empty if nothing is recognised
   */
  public static String contents(BlockSource device) {
    List<Detection> caches = Formats.detect(device);
    if (!caches.isEmpty() && caches.getFirst().confidence() == Detection.Confidence.CERTAIN) {
      return caches.getFirst().format() + " cache";
    }
    return Signature.recognise(device);
  }

  /**
   * Makes sure that a file does not lie on a device that is to be written.
   *
   * @param file may not exist yet
   * @param device path of the device
   * @throws OutputException if it does
   */
  public static void refuseFileOn(Path file, String device) {
    if (NbdUri.matches(device)) {
      return;
    }
    String number = blockDeviceNumber(Path.of(device));
    Path directory = file.toAbsolutePath().getParent();
    if (number == null || directory == null) {
      return;
    }
    try {
      if (number((Long) Files.getAttribute(directory, "unix:dev")).equals(number)) {
        throw new OutputException(file.toString(), "lies on " + device + ", which is written");
      }
    } catch (IOException e) {
      throw new OutputException(file.toString(), "cannot find out where it lies", e);
    }
  }

  /** Has what memory holds of a device read again from the device. */
  public static void dropCache(BlockDevice device) {
    if (!NbdUri.matches(device.name())) {
      Posix.dropCache(Path.of(device.name()));
    }
  }
}
