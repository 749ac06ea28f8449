package org.dmsalvage.gui.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Random;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.DecodeResult;
import org.dmsalvage.inspect.codec.Decoder;
import org.dmsalvage.inspect.codec.Encoder;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.ExtentProver;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.scan.Candidates;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.flush.FlushPlan;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.flush.InPlaceFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoTarget;

/**
 * Measures checking, triage, searching and replaying after start-up, best of five, warm page cache,
 * in turns with cat(1) and cp(1), and prints a Markdown table.
 *
 * <p>Each piece of work first runs a few times unmeasured, until the virtual machine has compiled
 * it: that is the rate of a large image, of which the first half second is no part worth noting.
 *
 * <p>Makes its images, some 20 GiB of data, in the directory given, and removes them.
 */
public final class Benchmarks {

  private static final int WARM_UP_RUNS = 4;
  private static final int RUNS = 5;
  private static final int ORDER = 10;
  private static final long GIB = 1L << 30;

  private Benchmarks() {}

  /** What is measured. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** Takes the directory for the images. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory(Path.of(arguments[0]), "dmsalvage-bench");
    System.out.println("| what | best of " + RUNS + " | beside it | ratio |");
    System.out.println("| --- | --- | --- | --- |");
    try {
      check(directory);
      scan(directory);
      triage(directory);
      entries(directory);
      replay(directory);
      search(directory);
      clear(directory);
      flush(directory);
    } finally {
      clear(directory);
      Files.delete(directory);
    }
  }

  private static void clear(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private static void check(Path directory) throws Exception {
    Path image = directory.resolve("check.img");
    writeboost(image, 4 * GIB, 2 * GIB, true);
    Pair best =
        best(() -> examine(image, CacheImage.Depth.VERIFY), () -> command("cat", image.toString()));
    row(
        "`check` of a 4 GiB writeboost image",
        rate(4 * GIB, best.ours),
        "`cat` " + rate(4 * GIB, best.theirs),
        best.theirs / best.ours);
    Files.delete(image);
  }

  /** A disk on which a cache is hidden, between holes and bytes that are none of its. */
  private static void scan(Path directory) throws Exception {
    Path cache = directory.resolve("hidden.img");
    Path other = directory.resolve("other.img");
    Path disk = directory.resolve("disk.img");
    writeboost(cache, GIB, GIB / 2, true);
    noise(other, GIB);
    sparse(disk, 16 * GIB);
    place(cache, disk, 3 * GIB / BlockSource.SECTOR_BYTES + 1);
    place(other, disk, 8 * GIB / BlockSource.SECTOR_BYTES);
    Files.delete(cache);
    Files.delete(other);
    Pair best = best(() -> search(disk, 3 * GIB + 512), () -> command("cat", disk.toString()));
    row(
        "`inspect --scan` of a sparse disk of 16 GiB, 2 GiB of it data",
        rate(16 * GIB, best.ours),
        "`cat` " + rate(16 * GIB, best.theirs),
        best.theirs / best.ours);
    Files.delete(disk);
  }

  private static void place(Path from, Path to, long sector) throws Exception {
    command(
        "dd",
        "if=" + from,
        "of=" + to,
        "bs=1M",
        "seek=" + sector * BlockSource.SECTOR_BYTES,
        "oflag=seek_bytes",
        "conv=notrunc",
        "status=none");
  }

  private static void search(Path disk, long expected) {
    try (BlockSource source = Images.open(disk.toString())) {
      boolean found =
          Candidates.scan(source, Progress.NONE).candidates().stream()
              .anyMatch(c -> c.offset() == expected);
      if (!found) {
        throw new IllegalStateException("the hidden cache was not found");
      }
    }
  }

  private static void triage(Path directory) throws Exception {
    Path image = directory.resolve("triage.img");
    writeboost(image, 64 * GIB, 32 * GIB, false);
    double seconds = best(() -> examine(image, CacheImage.Depth.HEADERS), () -> {}).ours;
    row("`inspect` of a 64 GiB writeboost image, 131068 headers", time(seconds), "", Double.NaN);
    Files.delete(image);
  }

  private static void entries(Path directory) throws Exception {
    Path image = directory.resolve("entries.img");
    long entries = 26_000_000;
    writecache(image, entries);
    double seconds = best(() -> examine(image, CacheImage.Depth.HEADERS), () -> {}).ours;
    row("`inspect` of a 100 GiB writecache, 26 million entries", time(seconds), "", Double.NaN);
    Files.delete(image);
  }

  private static void replay(Path directory) throws Exception {
    Path cache = directory.resolve("cache.img");
    Path backing = directory.resolve("backing.img");
    Path output = directory.resolve("output.img");
    writeboost(cache, GIB, GIB / 2, true);
    noise(backing, 2 * GIB);
    Path copy = directory.resolve("copy.img");
    Pair best =
        best(
            () -> {
              Files.deleteIfExists(output);
              replay(cache, backing, output);
            },
            () -> {
              command("cp", "--reflink=never", backing.toString(), copy.toString());
              command("sync", copy.toString());
            });
    row(
        "`replay --output` of a 1 GiB cache over 2 GiB, with SHA-256",
        rate(2 * GIB, best.ours),
        "`cp` and `sync` " + rate(2 * GIB, best.theirs),
        best.theirs / best.ours);
  }

  private static void replay(Path cache, Path backing, Path output) {
    try (BlockSource first = Images.open(cache.toString());
        BlockSource disk = Images.open(backing.toString())) {
      OpenRequest request = new OpenRequest(first, null, disk, null, null, OptionalInt.empty());
      Recovery recovery =
          Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE));
      try (ImageWriter writer = new ImageWriter(output, disk.size(), false, List.of())) {
        DeviceCopier.copy(recovery.logical().orElseThrow(), writer, true, Progress.NONE);
        writer.complete();
      }
    }
  }

  /** Every block of a disk is dirty: what is written is what {@code cp} writes beside it. */
  private static void flush(Path directory) throws Exception {
    long bytes = 4 * GIB;
    Path cache = directory.resolve("cache.img");
    Path disk = directory.resolve("disk.img");
    Path output = directory.resolve("output.img");
    Path copy = directory.resolve("copy.img");
    Path undo = directory.resolve("disk.undo");
    writeboost(cache, bytes + bytes / 64, bytes, true);
    sparse(disk, bytes);
    flush(cache, disk, output, false);
    Path source = directory.resolve("source.img");
    Files.move(output, source);
    Work copying =
        () -> {
          command("cp", "--reflink=never", source.toString(), copy.toString());
          command("sync", copy.toString());
        };
    Pair plain = best(() -> flush(cache, disk, output, false), copying);
    row(
        "`flush --output` of 4 GiB of dirty data",
        rate(bytes, plain.ours),
        "`cp` and `sync` " + rate(bytes, plain.theirs),
        plain.theirs / plain.ours);
    Pair hashing = best(() -> sha256(source), () -> {});
    Pair hashed = best(() -> flush(cache, disk, output, true), copying);
    double slower = Math.max(hashing.ours, hashed.theirs);
    row(
        "`flush --output --hash` of 4 GiB of dirty data",
        rate(bytes, hashed.ours),
        "the slower of `cp` and `sync` and one SHA-256 stream " + rate(bytes, slower),
        slower / hashed.ours);
    Pair inPlace = best(() -> flushInPlace(cache, disk, undo), copying);
    row(
        "`flush --in-place` of 4 GiB of dirty data, which writes 8 GiB",
        rate(2 * bytes, inPlace.ours),
        "`cp` and `sync` " + rate(bytes, inPlace.theirs),
        inPlace.theirs * 2 / inPlace.ours);
  }

  private static void sparse(Path path, long bytes) throws IOException {
    Files.deleteIfExists(path);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      write(channel, ByteBuffer.allocate(1), bytes - 1);
    }
  }

  private static void sha256(Path path) {
    try (BlockSource source = Images.open(path.toString())) {
      String sha256 =
          DeviceCopier.copy(source, DeviceCopier.Target.NONE, true, Progress.NONE).sha256();
      if (sha256 == null) {
        throw new IllegalStateException("no hash");
      }
    }
  }

  /** What is done with the logical device of a cache. */
  @FunctionalInterface
  private interface Use {
    void run(LogicalDevice logical, BlockSource disk) throws IOException;
  }

  private static void recover(Path cache, Path disk, Use use) throws IOException {
    try (BlockSource first = Images.open(cache.toString());
        BlockSource below = Images.open(disk.toString())) {
      OpenRequest request = new OpenRequest(first, null, below, null, null, OptionalInt.empty());
      Recovery recovery =
          Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE));
      use.run(recovery.logical().orElseThrow(), below);
    }
  }

  private static void flush(Path cache, Path disk, Path output, boolean hash) throws IOException {
    Files.deleteIfExists(output);
    recover(
        cache,
        disk,
        (logical, below) -> {
          try (ImageWriter writer = new ImageWriter(output, below.size(), false, List.of())) {
            FlushResult result =
                new ImageFlush(logical, below, disk, 0).write(writer, hash, Progress.NONE);
            writer.complete();
            check(result, below.size());
          }
        });
  }

  private static void flushInPlace(Path cache, Path disk, Path undo) throws IOException {
    sparse(disk, Files.size(disk));
    Files.deleteIfExists(undo);
    recover(
        cache,
        disk,
        (logical, below) -> {
          FlushPlan plan = FlushPlan.of(logical, 0);
          UndoTarget target =
              new UndoTarget(UndoTarget.Role.BACKING, disk.toString(), below.size(), "");
          try (BlockDevice device = Targets.open(disk.toString(), false);
              UndoFile file = UndoFile.openOrCreate(undo, plan.purpose(), List.of(target))) {
            FlushResult result =
                new InPlaceFlush(logical, 0).write(device, file, 0, plan, false, Progress.NONE);
            check(result, below.size());
          }
        });
  }

  private static void check(FlushResult result, long expected) {
    if (result.notWritten().count() > 0 || result.written() < expected / 2) {
      throw new IllegalStateException("not everything was written: " + result.written());
    }
  }

  /**
   * A device whose bitmap describes one extent in each 128 KiB, where two newer ones stand; beside
   * it, both of them are only read and decompressed, at places that are known.
   */
  private static void search(Path directory) throws Exception {
    for (Codec codec : Codec.values()) {
      Path image = directory.resolve("insitu.img");
      StaleExtents stale = new StaleExtents(codec, image);
      for (int i = 0; i < WARM_UP_RUNS; i++) {
        stale.decompress();
      }
      Pair best =
          best(
              () -> {
                try (BlockSource source = Images.open(image.toString())) {
                  ReplayRequest request =
                      ReplayRequest.of(OpenRequest.of(source), Policy.SALVAGE, Progress.NONE);
                  long lost = Replayers.replay(request).report().lost().sectors();
                  if (lost > 0) {
                    throw new IllegalStateException(lost + " sectors were not found");
                  }
                }
              },
              stale::decompress);
      row(
          "search of a 1 GiB insitu image under a stale bitmap, "
              + codec.name().toLowerCase(Locale.ROOT),
          rate(stale.plainBytes(), best.ours),
          "decompressing alone " + rate(stale.plainBytes(), best.theirs),
          best.theirs / best.ours);
      Files.delete(image);
    }
  }

  /** The insitu image of {@link #search}. */
  private static final class StaleExtents {
    private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
    private static final int RUN_BYTES = ExtentSearch.RUN_BLOCKS * BLOCK;
    private static final int FIRST_BYTES = 12 * BLOCK;
    private static final int TASK_RUNS = 256;
    private static final int RUNS_AT_ONCE = 8;

    private final Codec codec;
    private final Path path;
    private final InsituGeometry geometry = InsituGeometry.ofDevice(GIB).orElseThrow();
    private final long runs = geometry.dataBlocks() / ExtentSearch.RUN_BLOCKS;
    private final byte[] run = new byte[RUN_BYTES];
    private final int[] streams = new int[2];

    /** Made once a thread: what is measured is decompressing, not clearing memory. */
    private final ThreadLocal<byte[]> buffers =
        ThreadLocal.withInitial(() -> new byte[RUNS_AT_ONCE * RUN_BYTES]);

    StaleExtents(Codec codec, Path path) throws IOException {
      this.codec = codec;
      this.path = path;
      byte[] plain = new byte[RUN_BYTES];
      Random random = new Random(3);
      for (int at = 0; at < plain.length; at += 16) {
        // Half of it is noise.
        ByteBuffer.wrap(plain).putLong(at, random.nextLong());
      }
      int old = payload(plain, 0, RUN_BYTES, 0);
      streams[0] = payload(plain, 1, FIRST_BYTES, 0);
      streams[1] = payload(plain, FIRST_BYTES, RUN_BYTES - FIRST_BYTES, FIRST_BYTES);
      byte[] bitmap = new byte[(int) geometry.bitmapBytes() + 1];
      for (int i = 0; i < runs; i++) {
        MetaBitmap.setExtent(
            bitmap,
            i * ExtentSearch.RUN_BLOCKS,
            ExtentSearch.RUN_BLOCKS,
            ExtentProver.payloadSectors(old));
      }
      try (FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer superblock = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        superblock.putLong(Superblock.MAGIC).putLong(1);
        superblock.putLong(geometry.metaBlocks()).putLong(geometry.dataBlocks());
        superblock.put((byte) (codec == Codec.LZO ? 0 : 1));
        write(channel, superblock.clear(), 0);
        write(channel, ByteBuffer.wrap(bitmap), BLOCK);
        for (long i = 0; i < runs; i++) {
          write(channel, ByteBuffer.wrap(run), geometry.dataOffset(i * ExtentSearch.RUN_BLOCKS));
        }
        write(channel, ByteBuffer.allocate(1), GIB - 1);
      }
    }

    /** Writes the payload of some bytes into the run. Returns its bytes without the length. */
    private int payload(byte[] plain, int from, int count, int at) {
      byte[] source = Arrays.copyOf(Arrays.copyOfRange(plain, from, plain.length), count);
      byte[] packed = new byte[2 * RUN_BYTES];
      int length;
      try (Encoder encoder = codec.newEncoder()) {
        length = encoder.encode(source, 0, count, packed, 0, packed.length);
      }
      int end = at + ExtentProver.payloadSectors(length) * BlockSource.SECTOR_BYTES;
      System.arraycopy(packed, 0, run, at, length);
      ByteBuffer.wrap(run).order(ByteOrder.LITTLE_ENDIAN).putInt(end - Integer.BYTES, length);
      return length;
    }

    long plainBytes() {
      return runs / TASK_RUNS * TASK_RUNS * RUN_BYTES;
    }

    void decompress() {
      try (BlockSource source = Images.open(path.toString())) {
        OrderedTasks.run(
            runs / TASK_RUNS,
            task -> {
              byte[] bytes = buffers.get();
              byte[] plain = new byte[RUN_BYTES];
              DecodeResult result = new DecodeResult();
              try (Decoder decoder = codec.newDecoder()) {
                for (long i = 0; i < TASK_RUNS; i += RUNS_AT_ONCE) {
                  long first = (task * TASK_RUNS + i) * ExtentSearch.RUN_BLOCKS;
                  source.read(geometry.dataOffset(first), ByteBuffer.wrap(bytes));
                  for (int at = 0; at < bytes.length; at += RUN_BYTES) {
                    decoder.decode(bytes, at, streams[0], plain, 0, RUN_BYTES, result);
                    decoder.decode(
                        bytes, at + FIRST_BYTES, streams[1], plain, 0, RUN_BYTES, result);
                  }
                }
              }
              return result.produced();
            },
            produced -> {
              if (produced != RUN_BYTES - FIRST_BYTES) {
                throw new IllegalStateException("decompresses to " + produced);
              }
            });
      }
    }
  }

  private static void examine(Path path, CacheImage.Depth depth) {
    try (BlockSource source = Images.open(path.toString())) {
      CacheImage image = Formats.open(OpenRequest.of(source));
      Findings findings = new Findings();
      image.examine(depth, findings, Progress.NONE);
      if (findings.worst().filter(Severity.ERROR::equals).isPresent()) {
        throw new IllegalStateException("the benchmark's image is damaged: " + findings.kept());
      }
    }
  }

  private static void command(String... words) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(words)
            .redirectOutput(Path.of("/dev/null").toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", words) + " failed");
    }
  }

  /** The best times of two pieces of work, in seconds. */
  private record Pair(double ours, double theirs) {}

  /** Runs both in turns, so that whatever else the machine does meets both. */
  private static Pair best(Work ours, Work theirs) throws Exception {
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      ours.run();
    }
    double bestOfOurs = Double.MAX_VALUE;
    double bestOfTheirs = Double.MAX_VALUE;
    for (int i = 0; i < RUNS; i++) {
      bestOfTheirs = Math.min(bestOfTheirs, seconds(theirs));
      bestOfOurs = Math.min(bestOfOurs, seconds(ours));
    }
    return new Pair(bestOfOurs, bestOfTheirs);
  }

  private static double seconds(Work work) throws Exception {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static String rate(long bytes, double seconds) {
    return String.format(Locale.ROOT, "%.2f GiB/s", bytes / seconds / GIB);
  }

  private static String time(double seconds) {
    return String.format(Locale.ROOT, "%.2f s", seconds);
  }

  private static void row(String what, String ours, String beside, double ratio) {
    String last = Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio);
    System.out.println("| " + String.join(" | ", what, ours, beside, last) + " |");
  }

  /**
   * A wrapped log of full segments of a 2.x driver, whose blocks have addresses up to {@code
   * addressed} bytes; without their data if {@code data} is false.
   */
  private static void writeboost(Path path, long bytes, long addressed, boolean data)
      throws IOException {
    WriteboostGeometry geometry = WriteboostGeometry.of(bytes, ORDER);
    int blocks = geometry.blocksPerSegment();
    Random random = new Random(1);
    ByteBuffer segment =
        ByteBuffer.allocate(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    random.nextBytes(segment.array());
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer superblock = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
      new SuperblockHeader(SuperblockHeader.MAGIC, 0).encode(superblock, 0);
      write(channel, superblock, 0);
      write(channel, ByteBuffer.allocate(1), bytes - 1);
      for (long slot = 0; slot < geometry.segmentCount(); slot++) {
        long id = geometry.segmentCount() + slot + 1;
        for (int i = 0; i < blocks; i++) {
          long address = (slot * blocks + i) % (addressed / 4096);
          new Metablock(address * 8, 255)
              .encode(segment, SegmentHeader.METABLOCKS + i * Metablock.BYTES);
          segment.putLong(4096 * (i + 1), random.nextLong());
        }
        int checksum = data ? Convention.COMPLEMENTED_CRC.checksum(segment.clear()) : 0;
        new SegmentHeader(id, checksum, blocks).encode(segment, 0);
        ByteBuffer written = segment.duplicate().clear();
        write(channel, data ? written : written.limit(4096), geometry.startByte(slot));
      }
    }
  }

  /** A table of committed entries in random order, without their blocks. */
  private static void writecache(Path path, long entries) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long metadata = (64 + 16 * entries + 4095) / 4096 * 4096;
      write(channel, ByteBuffer.allocate(1), metadata + entries * 4096 - 1);
      ByteBuffer buffer = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
      buffer.putInt(0x23489321).putInt(1).putInt(4096).putInt(0).putLong(entries).putLong(1000);
      buffer.position(64);
      long at = 0;
      for (long i = 0; i < entries; i++) {
        // An odd factor permutes the addresses below a power of two.
        long block = i * 0x9E3779B1L & ((1 << 28) - 1);
        buffer.putLong(block * 8).putLong(i % 1000);
        if (buffer.remaining() < 16) {
          at += write(channel, buffer.flip(), at);
          buffer.clear();
        }
      }
      write(channel, buffer.flip(), at);
    }
  }

  private static void noise(Path path, long bytes) throws IOException {
    byte[] block = new byte[1 << 20];
    Random random = new Random(2);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      random.nextBytes(block);
      for (long at = 0; at < bytes; at += block.length) {
        block[(int) (at >>> 20)]++;
        write(channel, ByteBuffer.wrap(block), at);
      }
    }
  }

  private static long write(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    long written = 0;
    while (bytes.hasRemaining()) {
      written += channel.write(bytes, at + written);
    }
    return written;
  }
}
