package org.dmsalvage.replay.flush;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.clean.WriteSink;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ForwardingDevice;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.undo.Undo;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stops the emptying of real caches after each write, then goes on with it, or takes it back. */
class CacheCleanerTest {

  @TempDir private Path directory;

  private static final class Cut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** A device whose machine dies after some writes. */
  private static final class Dying extends ForwardingDevice {
    private int writesLeft;

    Dying(BlockDevice device, int writes) {
      super(device);
      this.writesLeft = writes;
    }

    @Override
    public void write(long offset, ByteBuffer source) {
      if (writesLeft-- == 0) {
        throw new Cut();
      }
      device.write(offset, source);
    }
  }

  /** One set on disk. */
  private record Crashed(GoldenSet set, Path cache, @Nullable Path plog, Path backing) {

    static Crashed unpack(String name, Path directory) throws IOException {
      GoldenSet set = GoldenSets.get(name);
      GoldenSet.Images images = set.unpack(Files.createDirectories(directory));
      Path backing = Optional.ofNullable(images.backing()).orElseThrow();
      return new Crashed(set, images.cache(), images.plog(), backing);
    }

    /** Empties the cache, or dies. */
    void clean(Path undo, int writes) {
      try (BlockSource cacheSource = Images.open(cache.toString());
          BlockSource plogSource = plog == null ? null : Images.open(plog.toString());
          BlockSource backingSource = Images.open(backing.toString());
          FlushUndo saved = new FlushUndo(undo);
          BlockDevice device = Targets.open(cache.toString(), false);
          BlockDevice log = plog == null ? null : Targets.open(plog.toString(), false)) {
        OpenRequest images =
            saved.originals(
                new OpenRequest(
                    cacheSource,
                    plogSource,
                    backingSource,
                    null,
                    DmTable.parse(set.info().table()),
                    OptionalInt.empty()),
                Placement.window(cache.toString(), 0, cacheSource.size()),
                plogSource == null ? null : Placement.window(plog.toString(), 0, plogSource.size()),
                null);
        Recovery recovery =
            Replayers.replay(ReplayRequest.of(images, Policy.SALVAGE, Progress.NONE));
        FlushPlan plan = FlushPlan.of(recovery.logical().orElseThrow(), 0);
        UndoTarget cacheTarget =
            new UndoTarget(UndoTarget.Role.CACHE, cache.toString(), device.size(), "");
        UndoFile file = saved.begin(plan.purpose(), List.of(cacheTarget));
        CacheCleaner cleaner =
            new CacheCleaner(file)
                .with(
                    WriteSink.Image.CACHE,
                    new CacheCleaner.Target(new Dying(device, writes), 0, 0));
        if (log != null) {
          int index =
              file.target(new UndoTarget(UndoTarget.Role.PLOG, plog.toString(), log.size(), ""));
          cleaner.with(WriteSink.Image.PLOG, new CacheCleaner.Target(log, 0, index));
        }
        String format = recovery.report().format();
        Emptier emptier = Replayers.forFormat(format).emptier().orElseThrow();
        cleaner.clean(emptier, images.withFormat(format), Progress.NONE);
      }
    }

    void undo(Path undo) {
      List<BlockDevice> devices = new ArrayList<>();
      try (UndoFile file = UndoFile.open(undo)) {
        file.targets().forEach(target -> devices.add(Targets.open(target.path(), false)));
        new Undo(file).run(devices, false, Progress.NONE);
      } finally {
        devices.forEach(BlockDevice::close);
      }
    }

    byte[] bytes() throws IOException {
      byte[] first = Files.readAllBytes(cache);
      if (plog == null) {
        return first;
      }
      byte[] second = Files.readAllBytes(plog);
      byte[] both = new byte[first.length + second.length];
      System.arraycopy(first, 0, both, 0, first.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      return both;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"wb-two-segments", "wbp-tiny-cache", "wb13-o10-torn-half", "wcp512-clean"})
  void goesOnAfterEveryCut(String name) throws IOException {
    Path undo = directory.resolve("undo");
    Crashed set = Crashed.unpack(name, directory.resolve("set"));
    byte[] original = set.bytes();
    set.clean(undo, Integer.MAX_VALUE);
    byte[] clean = set.bytes();
    assertFalse(Arrays.equals(original, clean), "there is something to empty");
    set.undo(undo);
    assertArrayEquals(original, set.bytes(), "undone");
    int writes = 0;
    for (boolean cut = true; cut; writes++) {
      Files.delete(undo);
      int until = writes;
      try {
        set.clean(undo, until);
        cut = false;
      } catch (Cut _) {
        if (writes % 2 == 0) {
          set.undo(undo);
          assertArrayEquals(original, set.bytes(), "undone after write " + writes);
          Files.delete(undo);
          assertThrows(Cut.class, () -> set.clean(undo, until));
        }
        set.clean(undo, Integer.MAX_VALUE);
      }
      assertArrayEquals(clean, set.bytes(), "gone on after write " + writes);
      set.undo(undo);
      assertArrayEquals(original, set.bytes(), "undone in the end");
    }
    assertTrue(writes > 1, "it was cut");
  }
}
