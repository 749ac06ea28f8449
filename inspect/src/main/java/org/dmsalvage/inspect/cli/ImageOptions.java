package org.dmsalvage.inspect.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options that name a cache image, its companions, and what is known of them. */
public final class ImageOptions {

  @Parameters(
      paramLabel = "CACHE",
      description =
          "Cache image or device; of a split image (x.001, x.aa) the first part. Opened read-only.")
  String cache = "";

  @Option(
      names = "--plog",
      paramLabel = "PLOG",
      description = "Persistent log device of a writeboost of type 1.")
  @Nullable String plog;

  @Option(
      names = "--plog-offset",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      defaultValue = "0",
      description = "Where the log begins in PLOG.")
  long plogOffset;

  @Option(
      names = "--backing",
      paramLabel = "BACKING",
      description = "Backing device: gives the size of the logical device and what is not cached.")
  @Nullable String backing;

  @Option(
      names = "--backing-offset",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      defaultValue = "0",
      description = "Where the backing device begins in BACKING.")
  long backingOffset;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      completionCandidates = FormatNames.class,
      description = "Do not detect the format: ${COMPLETION-CANDIDATES}.")
  @Nullable String format;

  @Option(
      names = "--offset",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      defaultValue = "0",
      description = "Where the cache begins in CACHE; suffixes s (sectors), K, M, G, T.")
  long offset;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      description = "How many bytes of CACHE belong to the cache; all that follow if not given.")
  @Nullable Long size;

  @Option(
      names = "--table",
      paramLabel = "LINE",
      description = "The device-mapper table line; says what is not stored on the devices.")
  @Nullable String table;

  @Option(
      names = "--rambuf-pool",
      paramLabel = "N",
      description = "The driver's nr_rambuf_pool (writeboost); 8 unless the table says otherwise.")
  @Nullable Integer rambufPool;

  /** Names that {@code --format} accepts. */
  static final class FormatNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    FormatNames() {
      super(Formats.names());
    }
  }

  /**
   * The opened images; closing it closes them all.
   *
   * @param request ready for a format
   */
  public record Opened(OpenRequest request) implements AutoCloseable {
    @Override
    public void close() {
      request.cache().close();
      if (request.plog() != null) {
        request.plog().close();
      }
      if (request.backing() != null) {
        request.backing().close();
      }
    }
  }

  /** Opens every image that the options name. */
  public Opened open() {
    DmTable line = table == null ? null : DmTable.parse(table);
    OptionalInt pool = rambufPool == null ? OptionalInt.empty() : OptionalInt.of(rambufPool);
    List<BlockSource> opened = new ArrayList<>();
    try {
      BlockSource first = keep(opened, Images.open(cache, offset, size == null ? -1 : size));
      BlockSource log = plog == null ? null : keep(opened, Images.open(plog, plogOffset, -1));
      BlockSource disk =
          backing == null ? null : keep(opened, Images.open(backing, backingOffset, -1));
      return new Opened(new OpenRequest(first, log, disk, format, line, pool));
    } catch (RuntimeException e) {
      opened.forEach(BlockSource::close);
      throw e;
    }
  }

  private static BlockSource keep(List<BlockSource> opened, BlockSource source) {
    opened.add(source);
    return source;
  }

  /** {@return the path of the cache} */
  public String cache() {
    return cache;
  }

  /** {@return where the cache begins in its image, in bytes} */
  public long cacheOffset() {
    return offset;
  }

  /** {@return the path of the persistent log; null if none is named} */
  public @Nullable String plog() {
    return plog;
  }

  /** {@return where the persistent log begins in its image, in bytes} */
  public long plogOffset() {
    return plogOffset;
  }

  /** {@return the path of the backing device; null if none was named} */
  public @Nullable String backing() {
    return backing;
  }

  /** {@return where the backing device begins in {@link #backing()}, in bytes} */
  public long backingOffset() {
    return backingOffset;
  }

  /** {@return the paths of all images named, for refusing to overwrite them} */
  public List<String> paths() {
    List<String> paths = new ArrayList<>(List.of(cache));
    if (plog != null) {
      paths.add(plog);
    }
    if (backing != null) {
      paths.add(backing);
    }
    return paths;
  }
}
