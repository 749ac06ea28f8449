package org.dmsalvage.inspect.format.writecache;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Times the examination of a 100 GiB cache of 4 KiB blocks, full of committed entries in random
 * order, one in a thousand of them a second copy. The file is sparse: only the table is written.
 *
 * <p>Arguments: path of the file, made if it is missing (416 MiB on disk).
 */
public final class WritecacheBenchmark {

  private static final int BLOCK = 4096;
  private static final long DEVICE_BYTES = 100L << 30;

  private WritecacheBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    Path path = Path.of(arguments[0]);
    WritecacheGeometry geometry =
        new WritecacheGeometry(
            BLOCK, WritecacheGeometry.blocksThatFit(DEVICE_BYTES, BLOCK).orElseThrow());
    if (!Files.exists(path)) {
      write(path, geometry);
    }
    System.out.printf("%d blocks, -Xmx %d MiB%n", geometry.blockCount(), heapLimit());
    for (int run = 0; run < 5; run++) {
      ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
      long begin = System.nanoTime();
      try (BlockSource source = Images.open(path.toString())) {
        CacheImage image = new WritecacheFormat().open(OpenRequest.of(source));
        Facts facts = image.examine(CacheImage.Depth.HEADERS, new Findings(), Progress.NONE);
        System.out.printf(
            "%.2f s, peak heap %d MiB, committed %s, duplicates %s%n",
            (System.nanoTime() - begin) / 1e9,
            peakHeap() >> 20,
            facts.value("committed"),
            facts.value("duplicates"));
      }
    }
  }

  private static long heapLimit() {
    return Runtime.getRuntime().maxMemory() >> 20;
  }

  private static long peakHeap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().startsWith("G1") || pool.getName().contains("Gen"))
        .mapToLong(pool -> pool.getPeakUsage().getUsed())
        .sum();
  }

  /** A bijection of 28-bit numbers: every address comes once, in no order. */
  private static long scramble(long number) {
    long bits = (1 << 28) - 1;
    long x = number ^ number >>> 13;
    x = x * 0x5bd1e995 & bits;
    x ^= x >>> 15;
    x = x * 0x2c1b3c6d & bits;
    return x ^ x >>> 12;
  }

  private static void write(Path path, WritecacheGeometry geometry) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer head = ByteBuffer.allocate(Superblock.BYTES);
      Superblock.of(geometry, 1000).encode(head, 0);
      channel.write(head, 0);
      ByteBuffer piece = ByteBuffer.allocate(1 << 24).order(ByteOrder.LITTLE_ENDIAN);
      long count = geometry.blockCount();
      long written = 0;
      while (written < count) {
        piece.clear();
        long at = WritecacheGeometry.entryOffset(written);
        while (piece.hasRemaining() && written < count) {
          long step = written % 1000 == 999 ? written - 1 : written;
          piece.putLong(scramble(step) * (BLOCK / 512));
          piece.putLong(written % 1000);
          written++;
        }
        channel.write(piece.flip(), at);
      }
      channel.write(ByteBuffer.wrap(new byte[1]), DEVICE_BYTES - 1);
    }
  }
}
