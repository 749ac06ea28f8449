package org.dmsalvage.replay.property;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.golden.GoldenSet;
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
 * A cache and its companions in memory.
 *
 * @param format the format to read it as; null to let the bytes decide
 * @param table the table line, null if there is none
 */
@SuppressWarnings("ArrayRecordComponent")
record Devices(
    byte[] cache,
    byte @Nullable [] plog,
    byte @Nullable [] backing,
    @Nullable String format,
    @Nullable String table) {

  /** What a simulated driver left behind. */
  static Devices of(CrashedImages images, boolean plog, boolean backing, @Nullable String table) {
    return new Devices(
        images.cache(),
        plog ? images.plog() : null,
        backing ? images.backing() : null,
        null,
        table);
  }

  /** A real set; what its table line leaves out is left out here. */
  static Devices of(GoldenSet set) {
    try {
      Path directory = Files.createTempDirectory("devices");
      try {
        GoldenSet.Images images = set.unpack(directory);
        return new Devices(
            Files.readAllBytes(images.cache()),
            images.plog() == null || !set.tableNamesPlog()
                ? null
                : Files.readAllBytes(images.plog()),
            images.backing() == null ? null : Files.readAllBytes(images.backing()),
            set.info().format(),
            set.info().table());
      } finally {
        try (Stream<Path> files = Files.walk(directory)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Devices withCache(byte[] other) {
    return new Devices(other, plog, backing, format, table);
  }

  Devices withPlog(byte @Nullable [] other) {
    return new Devices(cache, other, backing, format, table);
  }

  Devices withBacking(byte @Nullable [] other) {
    return new Devices(cache, plog, other, format, table);
  }

  Devices named(@Nullable String otherFormat, @Nullable String otherTable) {
    return new Devices(cache, plog, backing, otherFormat, otherTable);
  }

  /** The devices, with other sources for the cache and its plog. */
  OpenRequest request(BlockSource cacheSource, @Nullable BlockSource plogSource) {
    return new OpenRequest(
        cacheSource,
        plogSource,
        backing == null ? null : memory("backing", backing),
        format,
        table == null ? null : DmTable.parse(table),
        OptionalInt.empty());
  }

  OpenRequest request() {
    return request(memory("cache", cache), plog == null ? null : memory("plog", plog));
  }

  Recovery replay(Policy policy) {
    return replay(request(), policy);
  }

  static Recovery replay(OpenRequest request, Policy policy) {
    return Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  /** All bytes of the logical device that salvage gives. */
  byte[] salvage() {
    return bytes(replay(Policy.SALVAGE).logical().orElseThrow());
  }

  static byte[] bytes(BlockSource device) {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(device.size()));
    device.read(0, all);
    return all.array();
  }

  /** A device in memory. */
  static BlockSource memory(String name, byte[] bytes) {
    return new BlockSource() {
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
        Objects.checkFromIndexSize(offset, target.remaining(), bytes.length);
        target.put(bytes, (int) offset, target.remaining());
      }

      @Override
      public void close() {}
    };
  }
}
