package org.dmsalvage.gui.tree;

import java.util.List;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/** The trees of all formats; a further format is one more line in {@link #ofCache}. */
public final class Structures {

  private Structures() {}

  /** {@return the tree of a cache image} */
  public static Structure ofCache(CacheImage image) {
    return switch (image) {
      case WriteboostImage writeboost -> WriteboostStructures.ofCache(writeboost);
      case WritecacheImage writecache -> WritecacheStructures.ofCache(writecache);
      case InsituImage insitu -> InsituStructures.ofDevice(insitu);
      default -> plain(image.source(), image.format(), "");
    };
  }

  /** {@return the tree of the plog device of a cache} */
  public static Structure ofPlog(CacheImage cache, BlockSource plog) {
    return cache instanceof WriteboostImage writeboost
        ? WriteboostStructures.ofPlog(writeboost, plog)
        : plain(plog, "log", "");
  }

  /** {@return the tree of a backing device, of whose contents nothing is known} */
  public static Structure ofBacking(BlockSource backing) {
    return plain(
        backing,
        "backing device",
        "The disk behind the cache. What stands here may be older than what the cache holds.");
  }

  /** {@return what of a cache people call by number, the usual first} */
  public static List<Place> places(CacheImage image) {
    return switch (image) {
      case WriteboostImage writeboost -> WriteboostStructures.places(writeboost);
      case WritecacheImage writecache -> WritecacheStructures.places(writecache);
      case InsituImage insitu -> InsituStructures.places(insitu);
      default -> List.of();
    };
  }

  /** {@return a structure of which nothing but its name and its sort is known} */
  public static Structure plain(String name, Kind kind, ByteRange range) {
    return Part.leaf(name, kind, range.offset(), range.length(), "");
  }

  private static Structure plain(BlockSource source, String name, String meaning) {
    return Part.of(name, Kind.DATA, 0, source.size(), meaning, List.of());
  }

  /** Adds what lies behind the last structure, if anything does. */
  static void addRest(List<Structure> parts, long from, long size) {
    if (from < size) {
      parts.add(
          Part.leaf(
              "not used",
              Kind.UNUSED,
              from,
              size - from,
              "Too small for a further structure: no driver reads or writes it."));
    }
  }
}
