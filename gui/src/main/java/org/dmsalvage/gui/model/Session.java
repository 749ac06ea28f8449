package org.dmsalvage.gui.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.gui.tree.Structures;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.jspecify.annotations.Nullable;

/** A cache with its companions, opened read-only. */
public final class Session implements AutoCloseable {

  /**
   * What the user wants to see.
   *
   * @param cache path of the cache
   * @param plog path of its persistent log; null if there is none
   * @param backing path of the disk behind it; null if it is not at hand
   * @param format the format that the user insists on; null to let the bytes decide
   */
  public record Paths(
      String cache, @Nullable String plog, @Nullable String backing, @Nullable String format) {}

  private final Paths paths;
  private final OpenRequest request;
  private final CacheImage image;
  private final List<Source> sources;
  private final Navigator navigator;

  private Session(Paths paths, OpenRequest request, CacheImage image, List<Source> sources) {
    this.paths = paths;
    this.request = request;
    this.image = image;
    this.sources = List.copyOf(sources);
    this.navigator = new Navigator(Location.at(sources.getFirst(), 0));
  }

  /**
   * Opens images; reads little.
   *
   * @throws org.dmsalvage.inspect.error.SalvageException if one cannot be opened, or no format is
   *     recognised
   */
  public static Session open(Paths paths, Threads threads) {
    List<BlockSource> opened = new ArrayList<>();
    try {
      BlockSource cache = keep(opened, Images.open(paths.cache));
      BlockSource plog = paths.plog == null ? null : keep(opened, Images.open(paths.plog));
      BlockSource backing = paths.backing == null ? null : keep(opened, Images.open(paths.backing));
      OpenRequest request =
          new OpenRequest(cache, plog, backing, paths.format, null, OptionalInt.empty());
      CacheImage image = Formats.open(request);
      List<Source> sources = new ArrayList<>();
      sources.add(source(Source.Role.CACHE, cache, Structures.ofCache(image), threads));
      if (plog != null) {
        sources.add(source(Source.Role.PLOG, plog, Structures.ofPlog(image, plog), threads));
      }
      if (backing != null) {
        sources.add(source(Source.Role.BACKING, backing, Structures.ofBacking(backing), threads));
      }
      return new Session(paths, request.withFormat(image.format()), image, sources);
    } catch (RuntimeException e) {
      opened.forEach(BlockSource::close);
      throw e;
    }
  }

  private static BlockSource keep(List<BlockSource> opened, BlockSource source) {
    opened.add(source);
    return source;
  }

  private static Source source(
      Source.Role role, BlockSource bytes, Structure root, Threads threads) {
    return new Source(role, bytes, root, new Pages(bytes, threads.reader(), threads.ui()));
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

  /** {@return where the user is in it} */
  public Navigator navigator() {
    return navigator;
  }

  @Override
  public void close() {
    sources.forEach(source -> source.bytes().close());
  }
}
