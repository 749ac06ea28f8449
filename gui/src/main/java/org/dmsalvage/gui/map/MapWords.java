package org.dmsalvage.gui.map;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.report.Values;

/** A line about what the pointer is over, or what is chosen, in a map. */
final class MapWords {

  /** Cells that are named; more are only hinted at. */
  private static final int NAMED = 6;

  private MapWords() {}

  static String of(CacheMap map) {
    return "%s %ss".formatted(grouped(map.cells()), map.noun());
  }

  static String ofCell(CacheMap map, long cell) {
    return "%s %d   %s   at 0x%x"
        .formatted(map.noun(), cell, map.note(cell), map.range(cell).offset());
  }

  static String ofSectors(CacheMap map, long cell, SectorMap sectors) {
    return "%s %d   %s sectors".formatted(map.noun(), cell, grouped(sectors.count()));
  }

  static String ofSector(CacheMap map, long cell, SectorMap sectors, long sector) {
    long offset = SectorMap.sector(sectors.bytes(), sector, sector + 1).offset();
    return "%s %d › sector %d   %s   at 0x%x"
        .formatted(
            map.noun(), cell, offset / BlockSource.SECTOR_BYTES, sectors.note(sector), offset);
  }

  /**
   * About the whole disk.
   *
   * @param from what it is recovered from is called
   */
  static String of(DiskMap map, String from) {
    long cached = map.report().appliedSectors() * BlockSource.SECTOR_BYTES;
    return "%s, of which %s come from the %s"
        .formatted(Values.binary(map.bytes()), Values.binary(cached), from);
  }

  /**
   * About a range of the disk.
   *
   * @param noun what a cell of the cache is called
   */
  static String of(DiskMap map, ByteRange range, String noun) {
    long[] cells = map.cellsOf(range, NAMED);
    String names = LongStream.of(cells).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    String from =
        cells.length == 0
            ? ""
            : ", from %s %s%s".formatted(noun, names, cells.length == NAMED ? " …" : "");
    String doubt =
        map.isAtRisk(range)
            ? "   at risk"
            : map.driverDiffers(range) ? "   driver shows other bytes" : "";
    return "0x%x + %s   %s cached%s%s"
        .formatted(
            range.offset(),
            Values.binary(range.length()),
            Values.binary(map.cachedBytes(range)),
            from,
            doubt);
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
