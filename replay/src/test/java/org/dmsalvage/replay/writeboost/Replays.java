package org.dmsalvage.replay.writeboost;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/** The images of a set in memory, so that tests can change them, and what replays make of them. */
final class Replays {

  private static final Pattern OTHER_ORDER = Pattern.compile("constructor line says (\\d+)");

  final GoldenSet set;
  final byte[] cache;
  final byte @Nullable [] backing;
  final byte @Nullable [] plog;

  private Replays(GoldenSet set, byte[] cache, byte @Nullable [] backing, byte @Nullable [] plog) {
    this.set = set;
    this.cache = cache;
    this.backing = backing;
    this.plog = plog;
  }

  /** Unpacks a set. */
  static Replays of(GoldenSet set, Path directory) throws IOException {
    GoldenSet.Images images = set.unpack(directory);
    return new Replays(
        set, Files.readAllBytes(images.cache()), bytes(images.backing()), bytes(images.plog()));
  }

  private static byte @Nullable [] bytes(@Nullable Path path) throws IOException {
    return path == null ? null : Files.readAllBytes(path);
  }

  /** A copy that can be changed without changing this one. */
  Replays copy() {
    return new Replays(set, cache.clone(), clone(backing), clone(plog));
  }

  private static byte @Nullable [] clone(byte @Nullable [] bytes) {
    return bytes == null ? null : bytes.clone();
  }

  /** The request that fits the set's table; the driver ignores a plog that the table leaves out. */
  OpenRequest request(Policy policy) {
    boolean withPlog = plog != null && (policy == Policy.SALVAGE || set.tableNamesPlog());
    return new OpenRequest(
        memory("cache", cache),
        withPlog ? memory("plog", plog) : null,
        backing == null ? null : memory("backing", backing),
        set.info().format(),
        DmTable.parse(table()),
        OptionalInt.empty());
  }

  /** The table line; one set was opened with another order than it was made with. */
  private String table() {
    Matcher other = OTHER_ORDER.matcher(set.info().end());
    String table = set.info().table();
    return other.find() ? table.replaceFirst("\\d+$", other.group(1)) : table;
  }

  Recovery replay(Policy policy) {
    return replay(request(policy), policy);
  }

  static Recovery replay(OpenRequest request, Policy policy) {
    return new WriteboostReplayer().replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  /** Judges a device by the set's record of writes. */
  Judge.Verdict judge(byte[] device) throws IOException {
    return Judge.judge(set, (sector, into) -> sector(device, sector, into));
  }

  static boolean sector(byte[] device, long sector, byte[] into) {
    if ((sector + 1) * 512 > device.length) {
      return false;
    }
    System.arraycopy(device, (int) sector * 512, into, 0, 512);
    return true;
  }

  static long longAt(byte[] image, int offset) {
    return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getLong(offset);
  }

  /** All bytes of a device. */
  static byte[] read(BlockSource device) {
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.read(0, all);
    return all.array();
  }

  /** A device in memory. */
  static BlockSource memory(String name, byte @Nullable [] bytes) {
    byte[] held = bytes == null ? new byte[0] : bytes;
    return new BlockSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long size() {
        return held.length;
      }

      @Override
      public void read(long offset, ByteBuffer target) {
        target.put(held, Math.toIntExact(offset), target.remaining());
      }

      @Override
      public void close() {}
    };
  }
}
