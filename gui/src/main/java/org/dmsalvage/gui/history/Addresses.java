package org.dmsalvage.gui.history;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Field;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.io.BlockSource;

/** Finds the address of the disk that bytes of an image stand for. */
public final class Addresses {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Fields that hold an address of the disk, in sectors. */
  private static final Set<String> NAMES = Set.of("sector", "original_sector");

  private Addresses() {}

  /**
   * {@return the sector of the disk that a place stands for; empty if it stands for none} Reads a
   * few bytes: not for the thread of the user interface.
   */
  public static OptionalLong of(Session session, Location where) {
    long offset = where.range().offset();
    Source source = where.source();
    switch (source.role()) {
      case BACKING, RECOVERED -> {
        return OptionalLong.of(offset / SECTOR);
      }
      case CACHE, PLOG -> {}
    }
    List<Structure> path = source.path(where.range());
    for (Structure structure : path.reversed()) {
      long inside = structure.kind() == Kind.DATA ? (offset - structure.range().offset()) : 0;
      if (session.image() instanceof InsituImage) {
        if (structure.cell() >= 0) {
          return OptionalLong.of(
              structure.cell() * (InsituGeometry.BLOCK_BYTES / SECTOR) + inside / SECTOR);
        }
        continue;
      }
      for (Field field : structure.fields()) {
        if (NAMES.contains(field.name())) {
          return address(source, field, inside / SECTOR);
        }
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong address(Source source, Field field, long more) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      source.bytes().read(field.range().offset(), bytes);
    } catch (SalvageException _) {
      return OptionalLong.empty();
    }
    long sector = bytes.getLong(0);
    return sector < 0 || sector > Long.MAX_VALUE / SECTOR - more
        ? OptionalLong.empty()
        : OptionalLong.of(sector + more);
  }
}
