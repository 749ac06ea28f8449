package org.dmsalvage.gui.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.dmsalvage.gui.tree.Protection;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.gui.tree.Structures;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** A cache with its companions, opened read-only. */
public final class Session implements AutoCloseable {

  /**
   * What the user wants to see.
   *
   * @param cache path of the cache, or of the first disk on which it is a volume
   * @param plog path of its persistent log; null if there is none
   * @param backing path of the disk behind it; null if it is not at hand, or a volume
   * @param format the format that the user insists on; null to let the bytes decide
   * @param disks paths of further disks on which volumes lie
   * @param volume which volume of the disks is the cache; null if the image itself is
   * @param backingVolume which volume is the backing device; null to let the metadata decide
   * @param plogVolume which volume is the persistent log; null if none is
   */
  public record Paths(
      String cache,
      @Nullable String plog,
      @Nullable String backing,
      @Nullable String format,
      List<String> disks,
      @Nullable String volume,
      @Nullable String backingVolume,
      @Nullable String plogVolume) {

    /** Keeps a copy of the list. */
    public Paths {
      disks = List.copyOf(disks);
    }

    /** Images that are what they are, not disks with volumes. */
    public Paths(
        String cache, @Nullable String plog, @Nullable String backing, @Nullable String format) {
      this(cache, plog, backing, format, List.of(), null, null, null);
    }

    /** {@return the words that a command takes for it} */
    public List<String> words() {
      List<String> words = new ArrayList<>();
      add(words, "--plog", plog);
      add(words, "--backing", backing);
      add(words, "--format", format);
      add(words, "--volume", volume);
      add(words, "--backing-volume", backingVolume);
      add(words, "--plog-volume", plogVolume);
      words.add("--");
      words.add(cache);
      words.addAll(disks);
      return words;
    }

    /** {@return the same with volumes of the disks; a companion that is one is no image} */
    public Paths with(@Nullable String cacheVolume, @Nullable String origin, @Nullable String log) {
      return new Paths(
          cache,
          log == null ? plog : null,
          origin == null ? backing : null,
          format,
          disks,
          cacheVolume,
          origin,
          log);
    }

    /** {@return the same with further disks} */
    public Paths with(List<String> further) {
      return new Paths(cache, plog, backing, format, further, volume, backingVolume, plogVolume);
    }

    /** {@return what the commands would open} */
    ImageOptions options() {
      ImageOptions options = new ImageOptions();
      new CommandLine(options).setExpandAtFiles(false).parseArgs(words().toArray(String[]::new));
      return options;
    }

    private static void add(List<String> words, String option, @Nullable String value) {
      if (value != null) {
        words.add(option + "=" + value);
      }
    }

    /** {@return every path in it} */
    public List<String> all() {
      return Stream.concat(Stream.concat(Stream.of(cache), disks.stream()), companions()).toList();
    }

    private Stream<String> companions() {
      return Stream.of(Optional.ofNullable(plog), Optional.ofNullable(backing))
          .flatMap(Optional::stream);
    }
  }

  private final Paths paths;
  private final ImageOptions.Opened opened;
  private final OpenRequest request;
  private final CacheImage image;
  private final List<Source> sources;
  private final Navigator navigator;

  private Session(Paths paths, ImageOptions.Opened opened, CacheImage image, List<Source> sources) {
    this.paths = paths;
    this.opened = opened;
    this.request = opened.request().withFormat(image.format());
    this.image = image;
    this.sources = List.copyOf(sources);
    this.navigator = new Navigator(Location.at(sources.getFirst(), 0));
  }

  /**
   * Opens images as the commands do; reads little.
   *
   * @throws org.dmsalvage.inspect.error.SalvageException if one cannot be opened, or no format is
   *     recognised
   */
  public static Session open(Paths paths, Threads threads) {
    ImageOptions.Opened opened = paths.options().open();
    try {
      OpenRequest request = opened.request();
      CacheImage image = Formats.open(request);
      List<Source> sources = new ArrayList<>();
      sources.add(source(Source.Role.CACHE, request.cache(), Structures.ofCache(image), threads));
      BlockSource plog = request.plog();
      if (plog != null) {
        sources.add(source(Source.Role.PLOG, plog, Structures.ofPlog(image, plog), threads));
      }
      BlockSource backing = request.backing();
      if (backing != null) {
        sources.add(source(Source.Role.BACKING, backing, Structures.ofBacking(backing), threads));
      }
      return new Session(paths, opened, image, sources);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static Source source(
      Source.Role role, BlockSource bytes, Structure root, Threads threads) {
    return new Source(role, bytes, root, new Pages(bytes, threads.reader(), threads.ui()));
  }

  /** {@return in which files or devices an image lies; null if there is none in the role} */
  public @Nullable Placement place(Source.Role role) {
    return switch (role) {
      case CACHE -> opened.cache();
      case PLOG -> opened.plog();
      case BACKING -> opened.backing();
      case RECOVERED -> null;
    };
  }

  /** {@return what was opened} */
  public Paths paths() {
    return paths;
  }

  /** {@return the images as the commands take them, with the format named} */
  public OpenRequest request() {
    return request;
  }

  /** {@return the cache} */
  public CacheImage image() {
    return image;
  }

  /** {@return all images, the cache first} */
  public List<Source> sources() {
    return sources;
  }

  /** {@return the cache's image} */
  public Source cache() {
    return sources.getFirst();
  }

  /** {@return the image with a name, as findings give it} */
  public Optional<Source> source(String name) {
    return sources.stream().filter(s -> s.bytes().name().equals(name)).findFirst();
  }

  /** {@return the image in a role} */
  public Optional<Source> source(Source.Role role) {
    return sources.stream().filter(s -> s.role() == role).findFirst();
  }

  /** {@return in a sentence what protects the first byte of a place; may be empty} */
  public String protection(Location where) {
    return switch (where.source().role()) {
      case CACHE ->
          Protection.ofCache(image, where.source().path(where.range()), where.range().offset());
      case PLOG -> Protection.ofPlog();
      case BACKING, RECOVERED -> "";
    };
  }

  /** {@return where the user is in it} */
  public Navigator navigator() {
    return navigator;
  }

  @Override
  public void close() {
    opened.close();
  }
}
