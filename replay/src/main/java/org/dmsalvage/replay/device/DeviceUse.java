package org.dmsalvage.replay.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who uses a block device or an image, as the kernel tells in /proc and /sys.
 *
 * @param proc where proc(5) is mounted
 * @param sys where sysfs(5) is mounted
 */
record DeviceUse(Path proc, Path sys) {

  private static final int MOUNT_DEVICE = 2;
  private static final int MOUNT_POINT = 4;

  /** This machine. */
  static final DeviceUse HERE = new DeviceUse(Path.of("/proc"), Path.of("/sys"));

  /**
   * Finds the users of a block device and of its partitions.
   *
   * @param number its major and minor number, as in {@code 8:1}
   * @return sentences like "is mounted at /srv"; empty if nobody uses it
   */
  List<String> usersOf(String number) {
    List<String> users = new ArrayList<>();
    Path device = sys.resolve("dev/block").resolve(number);
    Set<String> numbers = new HashSet<>(Set.of(number));
    holders(device, users);
    for (Path child : list(device)) {
      if (Files.exists(child.resolve("partition"))) {
        numbers.add(firstLine(child.resolve("dev")));
        holders(child, users);
      }
    }
    for (String line : lines(proc.resolve("self/mountinfo"))) {
      String[] words = line.split(" ", -1);
      if (words.length > MOUNT_POINT && numbers.contains(mounted(words))) {
        users.add("is mounted at " + words[MOUNT_POINT].replace("\\040", " "));
      }
    }
    return users;
  }

  /** The number of the device that a line of mountinfo is about; btrfs names it by its path. */
  private String mounted(String[] words) {
    int separator = List.of(words).indexOf("-");
    if (words[MOUNT_DEVICE].startsWith("0:") && separator > 0 && separator + 2 < words.length) {
      Path source = Path.of(words[separator + 2]);
      if (source.isAbsolute()) {
        return firstLine(sys.resolve("class/block").resolve(realName(source)).resolve("dev"));
      }
    }
    return words[MOUNT_DEVICE];
  }

  private static String realName(Path device) {
    try {
      return device.toRealPath().getFileName().toString();
    } catch (IOException _) {
      return device.getFileName().toString();
    }
  }

  private static void holders(Path device, List<String> users) {
    for (Path holder : list(device.resolve("holders"))) {
      users.add("is part of " + holder.getFileName());
    }
  }

  /**
   * Finds loop devices over an image.
   *
   * @param image its real path
   * @return sentences like "is in use by /dev/loop0"
   */
  List<String> usersOf(Path image) {
    List<String> users = new ArrayList<>();
    for (Path device : list(sys.resolve("class/block"))) {
      if (firstLine(device.resolve("loop/backing_file")).equals(image.toString())) {
        users.add("is in use by /dev/" + device.getFileName());
      }
    }
    return users;
  }

  /** {@return vendor and model of the disk that a device is or is a partition of} */
  String model(String number) {
    Path device = sys.resolve("dev/block").resolve(number);
    if (Files.exists(device.resolve("partition"))) {
      device = device.resolve("..");
    }
    String vendor = firstLine(device.resolve("device/vendor"));
    String model = firstLine(device.resolve("device/model"));
    String name = firstLine(device.resolve("dm/name"));
    return String.join(" ", List.of(vendor, model, name)).strip();
  }

  private static Set<Path> list(Path directory) {
    Set<Path> entries = new TreeSet<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
      found.forEach(entries::add);
    } catch (IOException _) {
      // Not there: then there is nothing in it.
    }
    return entries;
  }

  private static String firstLine(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? "" : lines.getFirst().strip();
  }

  private static List<String> lines(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException _) {
      return List.of();
    }
  }
}
