package org.dmsalvage.repair.insitu;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.ExtentSearch.Kind;
import org.dmsalvage.inspect.format.insitu.InsituCode;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.inspect.format.insitu.MetaWindow;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.repair.plan.PatchedSource;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.insitu.RunReader;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;

/**
 * The bitmap, an aligned run of 32 blocks at a time, which no extent leaves: each piece that
 * salvage finds in a run is described as the driver would have described it (rules I8 to I10, I14,
 * I17, I19), and what nothing is known of as never written.
 *
 * <p>New bits are tried before they are taken: salvage must show the same with them. Where it does
 * not, the run holds bytes that no bits can describe, and stays as it is, unless the user prefers
 * what can be described.
 */
final class BitmapRepair {

  /** Blocks that one task of several threads looks at. */
  private static final long TASK_BLOCKS = 8192;

  private static final int RUN_BLOCKS = ExtentSearch.RUN_BLOCKS;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int BLOCK_SECTORS = InsituGeometry.BLOCK_SECTORS;
  private static final String TASK = "proving extents";

  private final BlockSource source;
  private final InsituGeometry geometry;
  private final Codec codec;
  private final boolean force;
  private final ActionList actions;
  private final Progress progress;

  /** Whether the bits are those of before the device was formatted, and it was never used since. */
  private final boolean neverCleared;

  /**
   * Prepares.
   *
   * @param pattern whether the bitmap looks as if it was never cleared
   */
  BitmapRepair(
      InsituImage image, Wishes wishes, boolean pattern, ActionList actions, Progress progress) {
    this.source = image.source();
    this.geometry = image.layout().geometry();
    this.codec = image.codec(progress);
    this.force = wishes.prefers(InsituRepairer.PAYLOADS);
    this.actions = actions;
    this.progress = progress;
    this.neverCleared =
        pattern && actions.wants(InsituCode.INTERRUPTED_CREATION) && !anythingProves();
  }

  /** New bits of a run. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Change(long offset, byte[] bits, Why why) {}

  void plan() {
    progress.begin(TASK, geometry.logicalBytes());
    MetaWindow window = MetaWindow.large(source, geometry);
    OrderedTasks.run(
        last -> nextTask(window, last),
        this::changes,
        found -> {
          found.forEach(c -> actions.add(Role.CACHE, c.offset, c.bits, c.why));
          progress.advance(TASK_BLOCKS * BLOCK);
        });
    behindEnd();
  }

  private boolean anythingProves() {
    MetaWindow window = MetaWindow.large(source, geometry);
    boolean[] any = new boolean[1];
    OrderedTasks.run(
        last -> any[0] ? -1 : nextTask(window, last),
        this::anythingProves,
        proves -> any[0] |= proves);
    return any[0];
  }

  private boolean anythingProves(long task) {
    progress.checkCancelled(TASK);
    long to = Math.min(geometry.dataBlocks(), (task + 1) * TASK_BLOCKS);
    try (ExtentSearch search = new ExtentSearch(source, geometry, codec, false)) {
      for (long run = task * TASK_BLOCKS; run < to; run += RUN_BLOCKS) {
        search.read(run);
        for (int piece = 0; piece < search.pieces(); piece++) {
          Kind kind = search.kind(piece);
          if (kind == Kind.EXTENT || kind == Kind.FOUND || kind == Kind.UNDESCRIBED) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** {@return the next task with bits or data; -1 if there is none} */
  private long nextTask(MetaWindow window, long last) {
    long from = (last + 1) * TASK_BLOCKS;
    long blocks = geometry.dataBlocks();
    if (from >= blocks) {
      return -1;
    }
    long next = window.nextExtent(from, blocks);
    long offset = geometry.dataOffset(from);
    if (next > from && offset < source.size()) {
      next = Math.min(next, from + (source.nextData(offset) - offset) / BLOCK);
    }
    return next < blocks ? next / TASK_BLOCKS : -1;
  }

  private List<Change> changes(long task) {
    progress.checkCancelled(TASK);
    List<Change> changes = new ArrayList<>();
    long to = Math.min(geometry.dataBlocks(), (task + 1) * TASK_BLOCKS);
    try (RunReader reader = new RunReader(source, geometry, codec, false)) {
      for (long run = task * TASK_BLOCKS; run < to; run += RUN_BLOCKS) {
        Change change = change(run, reader.read(run));
        if (change != null) {
          changes.add(change);
        }
      }
    }
    return changes;
  }

  private @Nullable Change change(long run, ExtentSearch search) {
    int blocks = (int) Math.min(RUN_BLOCKS, geometry.dataBlocks() - run);
    byte[] before = new byte[(blocks * InsituGeometry.META_BITS + 7) / 8];
    long offset = InsituGeometry.bitmapOffset(run);
    boolean readable = source.readAround(offset, ByteBuffer.wrap(before)).isEmpty();
    Description right = new Description(run, before.clone());
    for (int piece = 0; piece < search.pieces(); piece++) {
      right.add(search, piece);
    }
    if (readable && Arrays.equals(before, right.bits)) {
      return null;
    }
    InsituCode code = right.code(readable);
    Change change = new Change(offset, right.bits, right.why(code));
    boolean take = !readable || force || neverCleared || same(change, run, search);
    return take && right.codes.stream().allMatch(actions::wants) ? change : null;
  }

  /** Tells whether salvage shows the same bytes with other bits, and no piece is in doubt then. */
  private boolean same(Change change, long run, ExtentSearch search) {
    Action action =
        new Action(
            change.why.code(), Role.CACHE, change.offset, new byte[0], change.bits, "", "none", "");
    BlockSource patched = new PatchedSource(source, List.of(action));
    try (RunReader reader = new RunReader(patched, geometry, codec, false)) {
      ExtentSearch after = reader.read(run);
      for (int piece = 0; piece < after.pieces(); piece++) {
        if (!settled(after.kind(piece))) {
          return false;
        }
      }
      return Arrays.equals(search.plain(), after.plain());
    }
  }

  private static boolean settled(Kind kind) {
    return switch (kind) {
      case UNWRITTEN, EXTENT, STORED, UNPROVEN -> true;
      default -> false;
    };
  }

  /** What the bits of a run shall say. */
  private final class Description {
    private final long run;
    private final byte[] bits;

    /** The findings that are answered. */
    private final Set<InsituCode> codes = EnumSet.noneOf(InsituCode.class);

    private final Set<String> reasons = new TreeSet<>();
    private final Set<String> risks = new TreeSet<>();
    private int cleared;

    Description(long run, byte[] bits) {
      this.run = run;
      this.bits = bits;
    }

    void add(ExtentSearch search, int piece) {
      byte[] before = bits.clone();
      int at = (int) (search.first(piece) - run);
      int count = search.blocks(piece);
      Kind kind = search.kind(piece);
      boolean whole =
          search.head(piece) == search.first(piece)
              && !search.irregular(piece)
              && search.described(piece) == count;
      switch (kind) {
        case EXTENT -> MetaBitmap.setExtent(bits, at, count, search.sectors(piece));
        case FOUND, UNDESCRIBED -> {
          if (search.payloadBlocks(piece) == count) {
            MetaBitmap.setExtent(bits, at, count, search.sectors(piece));
          } else {
            clear(at, count);
          }
        }
        case STORED -> {
          if (!whole) {
            store(at, count);
          }
        }
        case REWRITTEN, GUESSED -> store(at, count);
        case UNPROVEN -> {
          if (neverCleared || search.described(piece) != count) {
            clear(at, count);
          }
        }
        case UNWRITTEN, REST, BEGINNING, OVERWRITTEN, HEADLESS, UNKNOWN -> clear(at, count);
      }
      if (!Arrays.equals(before, bits)) {
        changed(kind);
        cleared += kind != Kind.UNWRITTEN && MetaBitmap.get(bits, at) == 0 ? count : 0;
      }
    }

    /** Extents of one block each, stored as they are: they read like any longer ones. */
    private void store(int at, int count) {
      for (int i = 0; i < count; i++) {
        MetaBitmap.set(bits, at + i, BLOCK_SECTORS);
      }
    }

    private void clear(int at, int count) {
      for (int i = 0; i < count; i++) {
        MetaBitmap.set(bits, at + i, 0);
      }
    }

    private void changed(Kind kind) {
      switch (kind) {
        case EXTENT -> {
          codes.add(InsituCode.PAYLOAD_SPREAD);
          reasons.add("payload sectors are handed out from the head on");
        }
        case STORED -> {
          codes.add(InsituCode.CROSSES);
          reasons.add("blocks stored as they are get heads of their own");
        }
        case UNDESCRIBED -> {
          codes.add(InsituCode.UNDESCRIBED_PAYLOAD);
          reasons.add("a payload proves itself in blocks that are called never written");
          risks.add("the payload may be older than the last formatting, or discarded");
        }
        case UNWRITTEN -> {
          codes.add(InsituCode.EMPTY_EXTENT);
          reasons.add("tails without a payload read as zeros and are none");
        }
        case HEADLESS -> {
          codes.add(InsituCode.TAIL_WITHOUT_HEAD);
          reasons.add("tails have no head");
        }
        case UNKNOWN -> {
          codes.add(InsituCode.BITMAP_UNREADABLE);
          reasons.add("bits cannot be read");
        }
        case REWRITTEN, GUESSED -> {
          codes.add(InsituCode.STALE);
          reasons.add("blocks were stored as they are over the extent described");
          risks.add("nothing proves what is stored as it is");
        }
        case FOUND, REST, BEGINNING, OVERWRITTEN -> {
          codes.add(InsituCode.STALE);
          reasons.add("payloads prove themselves where the bitmap describes others");
        }
        case UNPROVEN -> {
          codes.add(neverCleared ? InsituCode.INTERRUPTED_CREATION : InsituCode.STALE);
          reasons.add("what is described does not prove itself");
        }
      }
    }

    InsituCode code(boolean readable) {
      if (!readable) {
        codes.add(InsituCode.BITMAP_UNREADABLE);
        reasons.add("bits cannot be read");
      }
      return codes.iterator().next();
    }

    private String noRisk() {
      return cleared == 0
          ? "none: the bits are those that the payloads ask for"
          : "a further search may find payloads of the blocks that now read as zeros";
    }

    Why why(InsituCode code) {
      String lost =
          cleared == 0
              ? ""
              : "%d blocks of which no bits can describe what is left: they read as zeros"
                  .formatted(cleared);
      return new Why(
          code,
          "blocks from %d on: %s".formatted(run, String.join("; ", reasons)),
          risks.isEmpty() ? noRisk() : String.join("; ", risks),
          lost);
    }
  }

  /** The driver reads the bitmap up to a border of sectors: it must be readable up to there. */
  private void behindEnd() {
    long from = InsituGeometry.BITMAP_OFFSET + geometry.bitmapBytes();
    long to = InsituGeometry.BITMAP_OFFSET + geometry.driverBitmapBytes();
    byte[] rest = new byte[Math.clamp(to - from, 0, BLOCK)];
    if (!source.readAround(from, ByteBuffer.wrap(rest)).isEmpty()) {
      actions.add(
          Role.CACHE,
          from,
          rest,
          new Why(
              InsituCode.BITMAP_UNREADABLE,
              "bits behind the last block, which mean nothing, must be readable all the same",
              "none: the driver reads them and does not use them",
              ""));
    }
  }
}
