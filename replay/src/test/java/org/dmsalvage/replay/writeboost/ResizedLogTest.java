package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images of another length than the device on which their log was written, as a copy to a larger
 * volume is, or one that was cut off: the ids tell of how many segments the log was.
 */
class ResizedLogTest {

  @TempDir Path directory;

  private static Recovery salvage(OpenRequest images) {
    return new WriteboostReplayer().replay(ReplayRequest.of(images, Policy.SALVAGE, Progress.NONE));
  }

  private static byte[] salvaged(OpenRequest images) {
    LogicalDevice device = salvage(images).logical().orElseThrow();
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.readAround(0, all);
    return all.array();
  }

  private static OpenRequest images(BlockSource cache, BlockSource backing) {
    return new OpenRequest(cache, null, backing, null, null, OptionalInt.empty());
  }

  private static long resizings(OpenRequest images) {
    Findings findings = new Findings();
    var _ = WriteboostImage.open(images).examine(Depth.VERIFY, findings, Progress.NONE);
    return findings.kept().stream().filter(f -> f.code() == WriteboostCode.RESIZED).count();
  }

  private static void resize(Path image, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
      if (size < channel.size()) {
        channel.truncate(size);
      } else {
        assertEquals(1, channel.write(ByteBuffer.allocate(1), size - 1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-torn-tail-wrapped", "wb-wrap", "wb13-o7-wrapped-crash"})
  void aLongerImageShowsTheSame(String name) throws IOException {
    GoldenSet.Images set = GoldenSets.get(name).unpack(directory);
    try (BlockSource backing = Images.open(set.backing().toString())) {
      byte[] expected;
      long size;
      try (BlockSource cache = Images.open(set.cache().toString())) {
        expected = salvaged(images(cache, backing));
        size = cache.size();
        assertEquals(0, resizings(images(cache, backing)));
      }
      resize(set.cache(), size + (3 << 20) + 4096);
      try (BlockSource cache = Images.open(set.cache().toString())) {
        assertTrue(Arrays.equals(expected, salvaged(images(cache, backing))));
        assertEquals(1, resizings(images(cache, backing)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-torn-wrapped", "wb-wrap", "wb13-o7-wrapped-crash"})
  void ofAnImageThatWasCutOffTheRestOfTheLogIsShown(String name) throws IOException {
    GoldenSet.Images set = GoldenSets.get(name).unpack(directory);
    try (BlockSource backing = Images.open(set.backing().toString())) {
      long whole;
      long size;
      try (BlockSource cache = Images.open(set.cache().toString())) {
        whole = salvage(images(cache, backing)).report().appliedSectors();
        size = cache.size();
      }
      resize(set.cache(), size - (1 << 20) - 512);
      try (BlockSource cache = Images.open(set.cache().toString())) {
        long kept = salvage(images(cache, backing)).report().appliedSectors();
        // What stood in the part that is missing was at most a third of the log.
        assertTrue(kept < whole && kept * 2 > whole, kept + " of " + whole);
        assertEquals(1, resizings(images(cache, backing)));
      }
    }
  }
}
