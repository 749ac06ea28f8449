package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.convert.Conversion;
import org.dmsalvage.repair.convert.Generation;
import org.dmsalvage.replay.recovery.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Caches of all generations, written anew for drivers that still exist. */
class ConversionTest {

  static Stream<String> writeboost() {
    return GoldenSets.all().stream()
        .filter(set -> set.info().format().startsWith("writeboost"))
        .map(set -> set.name());
  }

  private static OpenRequest write(Conversion conversion, Generation generation, Devices devices) {
    MemorySource cache = new MemorySource(new byte[(int) conversion.bytes()]);
    Conversion.Counts counts =
        conversion.write(
            (offset, piece) ->
                piece.duplicate().get(cache.bytes(), (int) offset, piece.remaining()),
            Progress.NONE);
    assertEquals(conversion.wanted(), counts);
    long sectors = devices.backing().size() / 512;
    return new OpenRequest(
        cache,
        null,
        devices.backing(),
        generation.format(),
        DmTable.parse("0 " + sectors + " " + generation.table()),
        OptionalInt.empty());
  }

  @ParameterizedTest
  @MethodSource("writeboost")
  void aDriverShowsOfTheNewCacheWhatSalvageShowsOfTheOld(String name) {
    Devices devices = Devices.of(name);
    boolean module = devices.format().equals(Generation.MODULE_2.format());
    Generation generation = module ? Generation.STAGING_2014 : Generation.MODULE_2;
    Conversion conversion = Conversion.of(devices.request(), generation, Progress.NONE);
    byte[] salvage = Devices.bytes(conversion.recovery().logical().orElseThrow());
    OpenRequest converted = write(conversion, generation, devices);
    assertArrayEquals(salvage, Devices.shown(converted, Policy.DRIVER), "driver");
  }

  @Test
  void aNewCacheNeedsNoRepair() {
    Devices devices = Devices.of("wbp-o7-stale-ring");
    byte[] salvage = Devices.shown(devices.request(), Policy.SALVAGE);
    for (Generation generation : Generation.values()) {
      Conversion conversion = Conversion.of(devices.request(), generation, Progress.NONE);
      OpenRequest converted = write(conversion, generation, devices);
      assertArrayEquals(salvage, Devices.shown(converted, Policy.SALVAGE), generation.format());
      assertEquals(List.of(), Repairers.plan(converted, _ -> true, Progress.NONE).actions());
    }
  }

  @Test
  void leavesOutWhatCannotBeRead() {
    Devices devices = Devices.of("wb13-o7-unwrapped-crash");
    // Two sectors of the data of the third segment; without a checksum the others count.
    devices.cache().breakSectors((1 << 20) + 2 * (1 << 16) + 3 * 4096, 1024);
    Conversion conversion = Conversion.of(devices.request(), Generation.MODULE_2, Progress.NONE);
    Conversion.Counts counts = conversion.write((_, _) -> {}, Progress.NONE);
    assertEquals(2, counts.unreadable());
    assertEquals(conversion.wanted().sectors() - 2, counts.sectors());
  }

  @Test
  void refusesOtherFamilies() {
    byte[] cache = new byte[1 << 20];
    OpenRequest images = OpenRequest.of(new MemorySource(cache)).withFormat("writecache");
    assertThrows(
        UnsupportedImageException.class,
        () -> Conversion.of(images, Generation.MODULE_2, Progress.NONE));
  }
}
