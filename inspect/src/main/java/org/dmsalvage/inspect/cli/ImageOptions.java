package org.dmsalvage.inspect.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.io.ReadMap;
import org.dmsalvage.inspect.io.StitchedSource;
import org.dmsalvage.inspect.pack.Pack;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.inspect.volume.Disks;
import org.dmsalvage.inspect.volume.Volume;
import org.dmsalvage.inspect.volume.lvm.LogicalVolume;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options that name a cache image, its companions, and what is known of them. */
public final class ImageOptions {

  @Parameters(
      index = "0",
      paramLabel = "CACHE",
      description =
          "Cache image: a raw file, the first part of a split one (x.001, x.aa), a block device,"
              + " qcow2, VMDK, VDI, VHDX, a compressed raw file, or nbd://HOST[:PORT]/EXPORT or"
              + " nbd+unix:///EXPORT?socket=PATH. Opened read-only.")
  String cache = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "DISK",
      description = "With --volume: further disks on which the volumes lie.")
  List<String> furtherDisks = new ArrayList<>();

  @Option(
      names = "--volume",
      paramLabel = "NAME",
      description =
          "Take CACHE for a disk, and open a volume on it: a partition by its number, or a logical"
              + " volume of LVM2 as GROUP/VOLUME. One with a writecache brings its origin along as"
              + " the backing device.")
  @Nullable String volume;

  @Option(
      names = "--backing-volume",
      paramLabel = "NAME",
      description = "The volume that is the backing device; on BACKING if that is given.")
  @Nullable String backingVolume;

  @Option(
      names = "--plog-volume",
      paramLabel = "NAME",
      description = "The volume that is the persistent log; on PLOG if that is given.")
  @Nullable String plogVolume;

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
      names = "--read-map",
      paramLabel = "[IMAGE=]FILE",
      description =
          "Mapfile of the ddrescue that made IMAGE (CACHE if not given): what it says was not read"
              + " is unreadable, although the image has zeros there. Can be repeated.")
  List<String> readMaps = new ArrayList<>();

  @Option(
      names = "--raw",
      description = "Take all images for raw bytes, also what looks compressed or like qcow2.")
  boolean raw;

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

  /** The image that turned out to be a pack; null if none did. */
  private @Nullable String pack;

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
   * @param cache where the cache lies
   * @param plog where the persistent log lies; null if there is none
   * @param backing where the backing device lies; null if there is none
   * @param images all that were opened
   * @param packed whether the cache comes from a pack, without what users stored in it
   */
  public record Opened(
      OpenRequest request,
      Placement cache,
      @Nullable Placement plog,
      @Nullable Placement backing,
      List<BlockSource> images,
      boolean packed)
      implements AutoCloseable {
    @Override
    public void close() {
      images.forEach(BlockSource::close);
    }
  }

  /**
   * An opened image.
   *
   * @param source its bytes
   * @param where they lie
   */
  private record Placed(BlockSource source, Placement where) {}

  /**
   * Opened images of disks that hold volumes; closing it closes them all.
   *
   * @param disks what is on them
   */
  public record OpenedDisks(Disks disks) implements AutoCloseable {
    @Override
    public void close() {
      disks.images().forEach(BlockSource::close);
    }
  }

  /**
   * Opens every image that the options name, for whoever needs what users stored in them.
   *
   * @throws UnsupportedImageException if one is a pack, which has none of it
   * @throws UsageException if there is no such volume, or the image is a disk with volumes and none
   *     is named
   */
  public Opened open() {
    Opened opened = openAny();
    if (opened.packed) {
      opened.close();
      throw withoutContents();
    }
    return opened;
  }

  private UnsupportedImageException withoutContents() {
    return new UnsupportedImageException(
        pack == null ? cache : pack,
        "is a pack: what was stored in the cache is not in it, and this needs it");
  }

  /**
   * Opens every image that the options name; of a pack, what can be told of it without contents is
   * told.
   *
   * @param contents whether what users stored is needed
   * @throws UnsupportedImageException if it is, or the format cannot be understood without it, and
   *     the cache is a pack
   * @throws UsageException if there is no such volume, or the image is a disk with volumes and none
   *     is named
   */
  public Opened open(boolean contents) {
    if (contents) {
      return open();
    }
    Opened opened = openAny();
    if (opened.packed && Formats.open(opened.request).structures().readsContents()) {
      opened.close();
      throw withoutContents();
    }
    return opened;
  }

  /**
   * Opens every image that the options name, also packs.
   *
   * @throws UsageException if there is no such volume, or the image is a disk with volumes and none
   *     is named
   */
  public Opened openAny() {
    DmTable line = table == null ? null : DmTable.parse(table);
    OptionalInt pool = rambufPool == null ? OptionalInt.empty() : OptionalInt.of(rambufPool);
    List<BlockSource> opened = new ArrayList<>();
    try {
      openDisks(opened);
      Chosen chosen = choose(opened);
      Placed log = companion(opened, chosen, plog, plogOffset, plogVolume);
      log = log == null ? packedLog(opened) : log;
      Placed disk = companion(opened, chosen, backing, backingOffset, backingVolume);
      disk = disk == null ? chosen.origin : disk;
      OpenRequest request =
          new OpenRequest(
              chosen.cache.source,
              log == null ? null : log.source,
              disk == null ? null : disk.source,
              format,
              line == null ? chosen.table : line,
              pool);
      return new Opened(
          request,
          chosen.cache.where,
          log == null ? null : log.where,
          disk == null ? null : disk.where,
          List.copyOf(opened),
          pack != null);
    } catch (RuntimeException e) {
      opened.forEach(BlockSource::close);
      throw e;
    }
  }

  /** {@return the disks with volumes that the options name; empty if it is a cache, or may be} */
  public Optional<OpenedDisks> openDisks() {
    List<BlockSource> opened = new ArrayList<>();
    try {
      openDisks(opened);
      Optional<OpenedDisks> disks =
          volume == null ? disksInsteadOfCache(opened).map(OpenedDisks::new) : Optional.empty();
      if (disks.isEmpty()) {
        opened.forEach(BlockSource::close);
      }
      return disks;
    } catch (RuntimeException e) {
      opened.forEach(BlockSource::close);
      throw e;
    }
  }

  /** Opens the first image, or the volume on it, whatever it holds. */
  BlockSource openWhole() {
    if (volume == null && furtherDisks.isEmpty()) {
      return open(cache, offset, size == null ? -1 : size);
    }
    throw new UsageException("one image is scanned at a time, and no volume");
  }

  private void openDisks(List<BlockSource> opened) {
    opened.add(open(cache, offset, size == null ? -1 : size));
    for (String further : furtherDisks) {
      opened.add(open(further, 0, -1));
    }
    List<String> paths = images();
    for (String map : readMaps) {
      if (paths.stream().noneMatch(path -> mapOf(path, map) != null)) {
        throw new UsageException("--read-map " + map + " names none of the images");
      }
    }
  }

  /** Opens an image as far as its map says that it was read. */
  private BlockSource open(String path, long start, long bytes) {
    BlockSource image = raw ? Images.open(path) : Sources.open(path);
    if (Pack.matches(image)) {
      pack = path;
      image = packed(image, Pack.Role.CACHE);
    }
    try {
      for (String readMap : readMaps) {
        String map = mapOf(path, readMap);
        if (map != null) {
          image = ReadMap.read(map).over(image);
        }
      }
    } catch (RuntimeException e) {
      image.close();
      throw e;
    }
    return Images.window(image, start, bytes);
  }

  private static BlockSource packed(BlockSource file, Pack.Role role) {
    return Pack.open(file, role)
        .orElseThrow(
            () -> new UnsupportedImageException(file.name(), "the pack has no such image"));
  }

  /** The log that is in the same pack as the cache; null if there is none. */
  private @Nullable Placed packedLog(List<BlockSource> opened) {
    if (!cache.equals(pack)) {
      return null;
    }
    BlockSource log =
        Pack.open(raw ? Images.open(cache) : Sources.open(cache), Pack.Role.PLOG).orElse(null);
    if (log == null) {
      return null;
    }
    opened.add(log);
    return new Placed(log, Placement.window(cache, 0, log.size()));
  }

  /** The mapfile that a value of --read-map gives for an image; null if it is for another. */
  private @Nullable String mapOf(String path, String readMap) {
    if (readMap.startsWith(path + "=")) {
      return readMap.substring(path.length() + 1);
    }
    boolean other = images().stream().anyMatch(p -> readMap.startsWith(p + "="));
    return path.equals(cache) && !other ? readMap : null;
  }

  /** {@return whether a map says what was read of an image} */
  public boolean hasReadMap(String path) {
    return readMaps.stream().anyMatch(map -> mapOf(path, map) != null);
  }

  /**
   * A disk's own structures count, unless it certainly is a cache. The backup of a GPT at the end
   * of a device may be left over from a former life of it, so any sign of a cache counts more.
   */
  private Optional<Disks> disksInsteadOfCache(List<BlockSource> images) {
    if (images.size() == 1 && (format != null || table != null)) {
      return Optional.empty();
    }
    Disks disks = new Disks(images);
    if (!disks.structured()) {
      return Optional.empty();
    }
    boolean remnant = disks.findings().count(VolumeCode.GPT_PRIMARY) > 0;
    boolean cacheLike =
        images.size() == 1
            && Formats.detect(images.getFirst()).stream()
                .anyMatch(d -> remnant || d.confidence() == Detection.Confidence.CERTAIN);
    return cacheLike ? Optional.empty() : Optional.of(disks);
  }

  /**
   * The cache, and what comes with it.
   *
   * @param cache the cache
   * @param disks on which it is a volume; null if it is not
   * @param origin the volume that it caches; null if not known
   * @param table as the metadata of the volumes has it; null if it has none
   */
  private record Chosen(
      Placed cache, @Nullable Disks disks, @Nullable Placed origin, @Nullable DmTable table) {}

  private Chosen choose(List<BlockSource> images) {
    if (volume != null) {
      return choose(new Disks(images), volume);
    }
    Optional<Disks> disks = disksInsteadOfCache(images);
    if (disks.isPresent()) {
      throw new UsageException(
          "%s: a disk with volumes: --volume names one, 'dmsalvage inspect' lists them"
              .formatted(cache));
    }
    if (images.size() > 1) {
      throw new UsageException("there are no volumes on " + String.join(", ", images()));
    }
    BlockSource only = images.getFirst();
    return new Chosen(
        new Placed(only, Placement.window(cache, offset, only.size())), null, null, null);
  }

  private Chosen choose(Disks disks, String name) {
    Volume chosen = disks.volume(name);
    Optional<Volume> cached =
        disks.volumes().stream()
            .filter(
                v ->
                    v.equals(chosen)
                        || v.writecache().filter(w -> w.cache().equals(chosen.name())).isPresent())
            .filter(v -> v.writecache().isPresent())
            .findFirst();
    if (cached.isEmpty()) {
      return new Chosen(placed(disks, name), disks, null, null);
    }
    LogicalVolume.Writecache pair = cached.get().writecache().orElseThrow();
    Placed origin = placed(disks, pair.origin());
    DmTable line = null;
    if (pair.blockSize() > 0) {
      line =
          DmTable.parse(
              "0 %d writecache s %s %s %d %s"
                  .formatted(
                      origin.source.size() / BlockSource.SECTOR_BYTES,
                      pair.origin(),
                      pair.cache(),
                      pair.blockSize(),
                      pair.startSector() == 0 ? "0" : "2 start_sector " + pair.startSector()));
    }
    return new Chosen(placed(disks, pair.cache()), disks, origin, line);
  }

  /** A volume on the disks that stand where the cache does. */
  private Placed placed(Disks disks, String name) {
    List<String> paths = new ArrayList<>(List.of(cache));
    paths.addAll(furtherDisks);
    return placed(disks, name, paths, offset);
  }

  private static Placed placed(Disks disks, String name, List<String> paths, long firstOffset) {
    StitchedSource source = disks.open(disks.volume(name));
    long[] shifts = new long[paths.size()];
    shifts[0] = firstOffset;
    return new Placed(source, new Placement(paths, source.layout().shifted(shifts)));
  }

  /** The plog or the backing device: an image, a volume of one, or a volume beside the cache. */
  private @Nullable Placed companion(
      List<BlockSource> opened,
      Chosen chosen,
      @Nullable String path,
      long start,
      @Nullable String name) {
    if (path == null) {
      if (name == null) {
        return null;
      }
      if (chosen.disks == null) {
        throw new UsageException("no disk is named for volume '%s'".formatted(name));
      }
      return placed(chosen.disks, name);
    }
    BlockSource image = open(path, start, -1);
    opened.add(image);
    if (name == null) {
      return new Placed(image, Placement.window(path, start, image.size()));
    }
    return placed(new Disks(List.of(image)), name, List.of(path), start);
  }

  /** {@return the name of the volume that is the cache; null if the image is} */
  public @Nullable String volume() {
    return volume;
  }

  /** {@return the name of the volume that is the backing device; null if none is named} */
  public @Nullable String backingVolume() {
    return backingVolume;
  }

  /** {@return the path of the cache} */
  public String cache() {
    return cache;
  }

  /** {@return whether all images are taken for raw bytes} */
  public boolean raw() {
    return raw;
  }

  /** {@return the table line as it was given; null if none was} */
  public @Nullable String table() {
    return table;
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

  /** {@return the paths of all images and mapfiles named, for refusing to overwrite them} */
  public List<String> paths() {
    List<String> paths = images();
    for (String map : readMaps) {
      images().stream()
          .flatMap(image -> Optional.ofNullable(mapOf(image, map)).stream())
          .forEach(paths::add);
    }
    return paths;
  }

  private List<String> images() {
    List<String> paths = new ArrayList<>(List.of(cache));
    paths.addAll(furtherDisks);
    if (plog != null) {
      paths.add(plog);
    }
    if (backing != null) {
      paths.add(backing);
    }
    return paths;
  }
}
