package org.dmsalvage.replay.cli;

import java.util.Locale;
import java.util.OptionalLong;
import org.dmsalvage.inspect.cli.ByteCount;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that decide what a recovery shows; the same for every command that recovers. */
public final class RecoveryOptions {

  /** What to say of a backing device that an insitu device does not have. */
  static final String NO_DISK = "--backing is not used: an insitu device has no disk behind it";

  @Option(
      names = "--policy",
      paramLabel = "POLICY",
      defaultValue = "salvage",
      description = "Whose rules decide: ${COMPLETION-CANDIDATES}.")
  private Policy policy = Policy.SALVAGE;

  @Option(
      names = "--as-of",
      paramLabel = "ID",
      converter = UnsignedId.class,
      description =
          "Replay the log up to this point only: a segment id (writeboost) or a sequence count"
              + " (writecache). What can no longer be known is listed as at risk. Policy salvage"
              + " only.")
  private @Nullable Long asOf;

  @Option(
      names = "--life",
      paramLabel = "LIFE",
      description =
          "Of a log that was begun anew over an older one, show this life: ${COMPLETION-CANDIDATES}"
              + " (writeboost). Without it: the younger; where it is not certain that there are two"
              + " (finding WB-STALE-RUN), the one with the greater ids, and 'younger' shows the"
              + " run of stale ids.")
  private @Nullable Life life;

  @Option(
      names = "--include-uncommitted",
      description =
          "Show also what was written and never committed, the newest version of each block, and"
              + " tell what is known about each (writecache). No flush had acknowledged it, and its"
              + " data may not have arrived. Freed entries whose block differs from what the device"
              + " shows are listed, too, but never applied: what they hold is older, or belongs to"
              + " another sector. Of insitu: what no bit describes and nothing proves.")
  private boolean includeUncommitted;

  @Option(
      names = "--logical-size",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      description = "Size of the logical device if there is no backing device.")
  private @Nullable Long logicalSize;

  /** The lives of a log. */
  enum Life {
    YOUNGER,
    OLDER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Reads an unsigned 64-bit number. */
  static final class UnsignedId implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return Long.parseUnsignedLong(text);
      } catch (NumberFormatException _) {
        throw new TypeConversionException(
            "'" + text + "' is not a number from 0 to 18446744073709551615");
      }
    }
  }

  /**
   * Makes the request that the options describe.
   *
   * @param images the opened images
   * @param progress told about bytes read
   * @throws UsageException if the options contradict each other
   */
  public ReplayRequest request(OpenRequest images, Progress progress) {
    if (images.backing() != null && logicalSize != null) {
      throw new UsageException("--logical-size contradicts --backing, which has a size");
    }
    Selection selection = new Selection(optional(asOf), wanted(), includeUncommitted);
    return new ReplayRequest(images, policy, optional(logicalSize), selection, progress);
  }

  /** {@return what the size of the logical device was taken from, as the end of a sentence} */
  public static String sizeFrom(ReplayRequest request, Recovery recovery) {
    BlockSource backing = request.images().backing();
    if (recovery.report().format().equals("insitu")) {
      return "which follow from the size of " + request.images().cache().name();
    }
    if (backing != null) {
      return "as many as " + backing.name() + " has";
    }
    if (request.logicalBytes().isPresent()) {
      return "as --logical-size says";
    }
    return request.images().table() == null
        ? "up to the end of the last address in the cache"
        : "as the table line says";
  }

  /** {@return whether something else than everything that salvage finds was asked for} */
  boolean selects() {
    return policy != Policy.SALVAGE || asOf != null || life != null || includeUncommitted;
  }

  private Selection.Life wanted() {
    return switch (life) {
      case null -> Selection.Life.BELIEVED;
      case YOUNGER -> Selection.Life.YOUNGER;
      case OLDER -> Selection.Life.OLDER;
    };
  }

  private static OptionalLong optional(@Nullable Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
