package org.dmsalvage.inspect.format.writeboost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Times the check of a full cache against a plain read of the same file, and the triage of a large
 * sparse one. Not a test: run its {@code main} with a directory that has 5 GiB free.
 */
final class WriteboostBenchmark {

  private static final int RUNS = 5;
  private static final int ORDER = 10;

  private WriteboostBenchmark() {}

  /** Takes a directory in which the images are made, and kept for the next run. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path full = directory.resolve("writeboost-4g.img");
    Path sparse = directory.resolve("writeboost-64g.img");
    make(full, 4L << 30, true);
    make(sparse, 64L << 30, false);
    double read = best(() -> plainRead(full));
    double check = best(() -> examine(full, Depth.VERIFY));
    double small = best(() -> examine(full, Depth.HEADERS));
    double triage = best(() -> examine(sparse, Depth.HEADERS));
    System.out.printf("plain read of 4 GiB, one thread  %6.2f s%n", read);
    System.out.printf(
        "check of 4 GiB                   %6.2f s, %.2f of that rate%n", check, read / check);
    System.out.printf("triage of 4 GiB                  %6.2f s%n", small);
    System.out.printf("triage of 64 GiB, 131070 headers %6.2f s%n", triage);
  }

  private static double best(Runnable work) {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < RUNS; i++) {
      long start = System.nanoTime();
      work.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }

  private static void plainRead(Path file) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(128 << 10);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(buffer) >= 0) {
        buffer.clear();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void examine(Path file, Depth depth) {
    try (BlockSource source = Images.open(file.toString())) {
      CacheImage image = new WriteboostFormat().open(OpenRequest.of(source));
      Findings findings = new Findings();
      Facts facts = image.examine(depth, findings, Progress.NONE);
      boolean full = Long.valueOf(0).equals(facts.value("emptySegments"));
      if (!full || findings.worst().orElse(Severity.NOTE) != Severity.NOTE) {
        throw new IllegalStateException(facts + " " + findings.kept());
      }
    }
  }

  /** A full log that has gone round, every block dirty, at addresses all over 1 TiB. */
  private static void make(Path file, long bytes, boolean data) throws IOException {
    if (Files.exists(file)) {
      return;
    }
    WriteboostGeometry geometry = WriteboostGeometry.of(bytes, ORDER);
    Convention convention = Convention.RAW_CRC;
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer segment =
        ByteBuffer.allocateDirect(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < segment.capacity(); i += Long.BYTES) {
      segment.putLong(i, random.nextLong());
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer superblock = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
      new SuperblockHeader(SuperblockHeader.MAGIC, ORDER).encode(superblock, 0);
      channel.write(superblock, 0);
      channel.write(ByteBuffer.allocate(1), bytes - 1);
      long newest = geometry.segmentCount() * 3 / 2;
      for (int slot = 0; slot < geometry.segmentCount(); slot++) {
        for (int i = 0; i < geometry.blocksPerSegment(); i++) {
          long sector = random.nextLong(1L << 28) * 8;
          new Metablock(sector, 255).encode(segment, convention.metablockOffset(i));
        }
        segment.clear();
        int checksum = data ? convention.checksum(segment) : 0;
        long id = geometry.expectedId(slot, newest);
        new SegmentHeader(id, checksum, geometry.blocksPerSegment()).encode(segment, 0);
        segment.limit(data ? segment.capacity() : WriteboostGeometry.BLOCK_BYTES);
        channel.write(segment, geometry.startByte(slot));
      }
    }
  }
}
