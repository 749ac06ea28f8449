package org.dmsalvage.gui.map;

import java.util.List;
import java.util.stream.Collectors;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/** What stands in each sector of a part of an image, such as a segment. */
public final class SectorMap {

  private static final List<Kind> KINDS = List.of(Kind.values());

  private final Source source;
  private final ByteRange bytes;
  private final byte[] masks;

  /**
   * Looks at the structures of a part.
   *
   * @param source the image
   * @param bytes the part, not longer than a segment
   */
  public SectorMap(Source source, ByteRange bytes) {
    this.source = source;
    this.bytes = bytes;
    this.masks = new byte[Math.toIntExact(countOf(bytes))];
    for (int i = 0; i < masks.length; i++) {
      masks[i] = mask(sector(bytes, i, i + 1));
    }
  }

  /** {@return how many sectors a part takes} */
  static long countOf(ByteRange bytes) {
    return (bytes.length() + BlockSource.SECTOR_BYTES - 1) / BlockSource.SECTOR_BYTES;
  }

  /** {@return the bytes of some sectors of a part, counted from its beginning} */
  static ByteRange sector(ByteRange bytes, long from, long to) {
    return ByteRange.between(
        bytes.offset() + from * BlockSource.SECTOR_BYTES,
        Math.min(bytes.offset() + to * BlockSource.SECTOR_BYTES, bytes.end()));
  }

  private byte mask(ByteRange sector) {
    int mask = 0;
    long at = sector.offset();
    while (at < sector.end()) {
      Structure inner = source.root().path(at).getLast();
      mask |= 1 << KINDS.indexOf(inner.kind());
      // Between the parts of a structure that has some, the next one may begin anywhere.
      at = inner.childCount() > 0 ? at + 1 : Math.max(at + 1, inner.range().end());
    }
    return (byte) mask;
  }

  /** {@return the bytes of the part} */
  public ByteRange bytes() {
    return bytes;
  }

  /** {@return how many sectors there are} */
  public long count() {
    return masks.length;
  }

  /** {@return the sorts of bytes in some sectors, those that say most first} */
  public List<Kind> kinds(long from, long to) {
    int mask = 0;
    for (long i = from; i < Math.min(to, masks.length); i++) {
      mask |= masks[(int) i];
    }
    int found = mask;
    return KINDS.stream().filter(kind -> (found >> KINDS.indexOf(kind) & 1) != 0).toList();
  }

  /** {@return what a sector begins with, and what else is in it} */
  public String note(long sector) {
    ByteRange range = sector(bytes, sector, sector + 1);
    List<Structure> path = source.path(new ByteRange(range.offset(), 1));
    String names =
        path.stream()
            .filter(s -> s.range().length() < bytes.length() && bytes.intersects(s.range()))
            .map(Structure::name)
            .collect(Collectors.joining(" › "));
    List<Kind> kinds = kinds(sector, sector + 1);
    return names.isEmpty()
        ? kinds.stream().map(Kind::label).collect(Collectors.joining(", "))
        : names + (path.getLast().range().end() < range.end() ? " …" : "");
  }
}
