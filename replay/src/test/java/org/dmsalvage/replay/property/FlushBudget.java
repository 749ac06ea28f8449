package org.dmsalvage.replay.property;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.flush.FlushPlan;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.flush.InPlaceFlush;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.undo.Undo;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoTarget;

/**
 * Flushes a writecache full of scattered blocks into a sparse disk of a tebibyte, and undoes it.
 * One block in sixty-four differs from the zeros of the disk.
 */
final class FlushBudget {

  static final int BLOCKS = 200_000;

  private static final int BLOCK = 4096;
  private static final int DIFFERING = 64;
  private static final long DISK_BYTES = 1L << 40;

  private FlushBudget() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createTempDirectory("flush-budget");
    try {
      Path cache = directory.resolve("cache");
      Path disk = directory.resolve("disk");
      Path undo = directory.resolve("undo");
      writecache(cache);
      write(disk, DISK_BYTES - 1, ByteBuffer.allocate(1));
      try (BlockSource first = Images.open(cache.toString());
          BlockSource below = Images.open(disk.toString());
          BlockDevice target = Targets.open(disk.toString(), false)) {
        OpenRequest request = new OpenRequest(first, null, below, null, null, OptionalInt.empty());
        LogicalDevice logical = Devices.replay(request, Policy.SALVAGE).logical().orElseThrow();
        FlushPlan plan = FlushPlan.of(logical, 0);
        UndoTarget saved = new UndoTarget(UndoTarget.Role.BACKING, "disk", DISK_BYTES, "");
        try (UndoFile file = UndoFile.openOrCreate(undo, plan.purpose(), List.of(saved))) {
          FlushResult result =
              new InPlaceFlush(logical, 0).write(target, file, 0, plan, false, Progress.NONE);
          System.out.println("planned " + plan.bytes() + " written " + result.written());
        }
        try (UndoFile file = UndoFile.open(undo)) {
          Undo.Result result = new Undo(file).run(List.of(target), false, Progress.NONE);
          System.out.println("restored " + result.restored());
        }
      }
    } finally {
      try (var files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }

  private static void writecache(Path path) throws IOException {
    long metadata = (64 + 16L * BLOCKS + BLOCK - 1) / BLOCK * BLOCK;
    ByteBuffer table = ByteBuffer.allocate((int) metadata).order(ByteOrder.LITTLE_ENDIAN);
    table.putInt(0x23489321).putInt(1).putInt(BLOCK).putInt(0).putLong(BLOCKS).putLong(1000);
    table.position(64);
    for (long i = 0; i < BLOCKS; i++) {
      // An odd factor permutes the addresses below a power of two.
      long block = (i * 0x9E3779B1L) & (DISK_BYTES / BLOCK - 1);
      table.putLong(block * 8).putLong(i % 1000);
    }
    write(path, 0, table.clear());
    write(path, metadata + (long) BLOCKS * BLOCK - 1, ByteBuffer.allocate(1));
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      for (long i = 0; i < BLOCKS; i += DIFFERING) {
        block.putLong(0, i + 1);
        int written = channel.write(block.clear(), metadata + i * BLOCK);
        if (written != BLOCK) {
          throw new IOException("short write");
        }
      }
    }
  }

  private static void write(Path path, long offset, ByteBuffer bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (channel.write(bytes, offset) != bytes.limit()) {
        throw new IOException("short write");
      }
    }
  }
}
