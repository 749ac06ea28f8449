package org.dmsalvage.replay.map;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/**
 * The images of a set in memory.
 *
 * @param set the set
 * @param cache the cache image
 * @param backing the backing image, if there is one
 * @param plog the plog image, if there is one
 */
record TestImages(GoldenSet set, Memory cache, @Nullable Memory backing, @Nullable Memory plog) {

  /** Bytes of which sectors can be made unreadable. */
  static final class Memory implements BlockSource {
    private final String name;
    private final byte[] bytes;
    private final BitSet unreadable = new BitSet();

    Memory(String name, byte[] bytes) {
      this.name = name;
      this.bytes = bytes;
    }

    byte[] bytes() {
      return bytes;
    }

    BitSet unreadable() {
      return unreadable;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int bad = unreadable.nextSetBit((int) offset / SECTOR_BYTES);
      if (bad >= 0 && (long) bad * SECTOR_BYTES < offset + target.remaining()) {
        throw new UnreadableException(name, offset, target.remaining(), new IOException("EIO"));
      }
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public void close() {}
  }

  /** Small sets of all formats, crashed or damaged. */
  static final List<String> NAMES =
      List.of(
          "wb-o7-middle-torn",
          "wb-o7-volatile",
          "wbp-o7-torn-plog",
          "wb13-o7-volatile",
          "wc512-midcommit",
          "wc4096-twins",
          "is-lzo-wb-crash",
          "is-deflate-wb-stale");

  /** Unpacks a set. */
  static TestImages of(String name) {
    try {
      GoldenSet set = GoldenSets.get(name);
      Path directory = Files.createTempDirectory(name);
      GoldenSet.Images images = set.unpack(directory);
      TestImages read =
          new TestImages(
              set,
              new Memory("cache", Files.readAllBytes(images.cache())),
              memory("backing", images.backing()),
              memory("plog", images.plog()));
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable Memory memory(String name, @Nullable Path path) throws IOException {
    return path == null ? null : new Memory(name, Files.readAllBytes(path));
  }

  /** The same set with another cache image. */
  TestImages with(byte[] changed) {
    return new TestImages(set, new Memory("cache", changed), backing, plog);
  }

  Recovery replay(Policy policy) {
    OpenRequest images =
        new OpenRequest(
            cache,
            plog,
            backing,
            set.info().format(),
            DmTable.parse(set.info().table()),
            OptionalInt.empty());
    return Replayers.replay(ReplayRequest.of(images, policy, Progress.NONE));
  }
}
