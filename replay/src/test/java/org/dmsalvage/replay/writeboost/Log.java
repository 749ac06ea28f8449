package org.dmsalvage.replay.writeboost;

import java.util.Arrays;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.pattern.SectorPattern;
import org.dmsalvage.fixtures.pattern.Sectors;
import org.dmsalvage.fixtures.pattern.Stamp;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.PlogImage;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.jspecify.annotations.Nullable;

/** A small cache built for a test, with a backing device of 256 blocks. */
final class Log {

  static final int BACKING_SECTORS = 2048;
  private static final long SEED = 7;

  final WriteboostImage image;
  final byte[] backing = Sectors.background(BACKING_SECTORS, SEED);
  private final Variant variant;
  private @Nullable PlogImage plog;
  private String arguments;

  /** A formatted cache of some slots. */
  Log(Variant variant, int order, int slots) {
    this.variant = variant;
    this.image =
        WriteboostImage.format(new Layout(variant, order, 2048 + ((long) slots << order)), SEED);
    this.arguments =
        switch (variant) {
          case LAPS_2013 -> "b c " + order;
          case RAW_2014, RAW_1_0 -> "0 b c 2 segment_size_order " + order;
          case RAW_2_0, COMPLEMENTED_2 -> "b c";
        };
  }

  /** Replaces the arguments of the table line. */
  Log table(String line) {
    arguments = line;
    return this;
  }

  /** Adds a plog device of 8 segments. */
  PlogImage plog(int sectors) {
    plog = new PlogImage(image.layout(), 8, sectors, SEED);
    arguments = arguments.replace("0 b c", "1 b c p");
    return plog;
  }

  OpenRequest request() {
    return request(Replays.memory("cache", image.bytes()));
  }

  OpenRequest request(BlockSource cache) {
    String format =
        switch (variant) {
          case LAPS_2013 -> "writeboost-2013";
          case RAW_2014, RAW_1_0 -> "writeboost-2014";
          case RAW_2_0, COMPLEMENTED_2 -> "writeboost-2";
        };
    return new OpenRequest(
        cache,
        plog == null ? null : Replays.memory("plog", plog.bytes()),
        Replays.memory("backing", backing),
        format,
        DmTable.parse("0 %d writeboost %s".formatted(BACKING_SECTORS, arguments)),
        OptionalInt.empty());
  }

  Recovery salvage() {
    return Replays.replay(request(), Policy.SALVAGE);
  }

  Recovery driver() {
    return Replays.replay(request(), Policy.DRIVER);
  }

  DriverOutcome outcome() {
    return driver().report().driver().orElseThrow();
  }

  /** The sequence of the write that a sector shows under a policy; 0 is the background. */
  long shows(Policy policy, long sector) {
    return shows(Replays.replay(request(), policy), sector);
  }

  static long shows(Recovery recovery, long sector) {
    byte[] device = Replays.read(recovery.logical().orElseThrow());
    byte[] bytes = Arrays.copyOfRange(device, (int) sector * 512, (int) sector * 512 + 512);
    Stamp stamp = SectorPattern.ORC1.read(bytes, 0);
    if (stamp == null || stamp.sector() != sector) {
      throw new AssertionError("sector " + sector + " shows " + stamp);
    }
    return stamp.sequence();
  }
}
