package org.dmsalvage.inspect.captive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dmsalvage.inspect.error.UnsupportedImageException;

/**
 * Finds references from virtual disks to other files. An image that somebody hands over must not be
 * able to have any other file of this machine read as a part of it.
 *
 * <pre>
 * offset size field of qcow2, big-endian
 *      8    8 where the name of the backing file stands; 0 for none
 *     72    8 version 3: incompatible features; 4 = the data is in another file
 *
 * offset size field of VMDK, one file, little-endian
 *     28    8 sector of the embedded description; 0 for none
 *     36    8 its sectors
 * </pre>
 */
final class References {

  private static final long EXTERNAL_DATA = 4;
  private static final int MOST_TEXT = 1 << 20;
  private static final Pattern PARENT =
      Pattern.compile("(?m)^\\s*(parentFileNameHint|parentCID)\\s*=\\s*\"?([^\"\\r\\n]*)");
  private static final Pattern EXTENT =
      Pattern.compile("(?m)^\\s*(?:RW|RDONLY)\\s[^\"\\r\\n]*\"([^\"\\r\\n]*)\"");

  private References() {}

  /**
   * Refuses an image that is not whole in itself.
   *
   * @throws UnsupportedImageException if it needs another file, which of VMDK one in the same
   *     directory may be
   */
  static void refuse(String name, Wrapping wrapping) throws IOException {
    try (FileChannel channel = FileChannel.open(Path.of(name), StandardOpenOption.READ)) {
      if (wrapping == Wrapping.QCOW2) {
        qcow2(name, read(channel, 0, 512));
      } else if (wrapping == Wrapping.VMDK) {
        vmdk(name, description(channel));
      }
    }
  }

  private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {
      // As far as there is something.
    }
    return bytes.clear();
  }

  private static void qcow2(String name, ByteBuffer head) {
    if (head.getLong(8) != 0) {
      throw alone(name, "has a backing file");
    }
    if (head.getInt(4) >= 3 && (head.getLong(72) & EXTERNAL_DATA) != 0) {
      throw alone(name, "has its data in another file");
    }
  }

  private static UnsupportedImageException alone(String name, String why) {
    return new UnsupportedImageException(
        name,
        why
            + ", and other files are not read unasked: 'qemu-img convert -O qcow2' makes one image"
            + " of them, or serve it with 'qemu-nbd --read-only' and name its nbd:// URI");
  }

  private static String description(FileChannel channel) throws IOException {
    ByteBuffer head = read(channel, 0, 512).order(ByteOrder.LITTLE_ENDIAN);
    long offset = 0;
    long length = MOST_TEXT;
    if (head.getInt(0) == 0x564d444b) {
      offset = head.getLong(28);
      length = head.getLong(36);
      if (offset <= 0 || offset > channel.size() / 512 || length < 0) {
        return "";
      }
      offset *= 512;
      length = Math.min(length, MOST_TEXT / 512) * 512;
    } else if (head.getInt(0) == 0x44574f43) {
      return "";
    }
    int bytes = (int) Math.min(length, channel.size() - offset);
    return StandardCharsets.ISO_8859_1.decode(read(channel, offset, Math.max(bytes, 0))).toString();
  }

  private static void vmdk(String name, String description) {
    Matcher parent = PARENT.matcher(description);
    while (parent.find()) {
      if (parent.group(1).equals("parentFileNameHint")
          || !parent.group(2).strip().equalsIgnoreCase("ffffffff")) {
        throw alone(name, "has a parent");
      }
    }
    Matcher extent = EXTENT.matcher(description);
    while (extent.find()) {
      if (extent.group(1).indexOf('/') >= 0 || extent.group(1).indexOf('\\') >= 0) {
        throw alone(name, "has a part in another directory");
      }
    }
  }
}
