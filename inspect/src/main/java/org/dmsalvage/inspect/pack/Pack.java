package org.dmsalvage.inspect.pack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;

/** A pack that is read; closing an image of it closes the file. */
public final class Pack {

  /** What an image is. */
  public enum Role {
    /** The cache. */
    CACHE(1),
    /** Its persistent log. */
    PLOG(2);

    private final int code;

    Role(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  private Pack() {}

  /** {@return whether a source is a pack, whole or damaged} */
  public static boolean matches(BlockSource file) {
    ByteBuffer magic = ByteBuffer.allocate(PackWriter.MAGIC.length);
    if (file.size() < PackWriter.HEADER_BYTES) {
      return false;
    }
    try {
      file.read(0, magic);
    } catch (UnreadableException _) {
      return false;
    }
    return magic.flip().equals(ByteBuffer.wrap(PackWriter.MAGIC));
  }

  /**
   * Opens an image in a pack.
   *
   * @param file the pack, which belongs to the image from then on
   * @return the image; empty, and the file closed, if the pack has none of that role
   * @throws UnsupportedImageException if the pack is damaged, or of a version to come
   */
  public static Optional<BlockSource> open(BlockSource file, Role role) {
    try {
      Optional<BlockSource> image = image(file, role);
      if (image.isEmpty()) {
        file.close();
      }
      return image;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Optional<BlockSource> image(BlockSource file, Role role) {
    ByteBuffer header = ByteBuffer.allocate(PackWriter.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.read(0, header);
    int last = PackWriter.HEADER_BYTES - 4;
    if (header.getInt(last) != Frame.checksum(header.slice(0, last))) {
      throw new UnsupportedImageException(file.name(), "the header of the pack is damaged");
    }
    if (header.getInt(8) != PackWriter.VERSION) {
      throw new UnsupportedImageException(
          file.name(),
          "is a pack of version %d, this program reads version %d"
              .formatted(header.getInt(8), PackWriter.VERSION));
    }
    int count = header.getInt(12);
    if (count < 1 || count > Role.values().length) {
      throw new UnsupportedImageException(file.name(), "a pack of %d images".formatted(count));
    }
    List<ByteBuffer> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = PackWriter.FIRST_IMAGE + i * PackWriter.IMAGE_BYTES;
      records.add(header.slice(at, PackWriter.IMAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN));
    }
    return records.stream()
        .filter(record -> record.getInt(0) == role.code)
        .findFirst()
        .map(record -> PackedSource.open(file, record));
  }
}
