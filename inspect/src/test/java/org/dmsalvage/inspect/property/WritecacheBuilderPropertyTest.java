package org.dmsalvage.inspect.property;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.Superblock;

/**
 * The builder of writecache images, which shares no code with this module, and the reader agree.
 */
class WritecacheBuilderPropertyTest {

  /** What was put into an entry of the table. */
  private enum Kind {
    UNUSED,
    FREE,
    COMMITTED,
    SUPERSEDED,
    UNCOMMITTED
  }

  private record Spec(Kind kind, long sector, long sequence) {}

  private final List<Spec> specs = new ArrayList<>();

  @Property(tries = 100)
  void everyEntryIsReadAsItWasWritten(
      @ForAll @IntRange(min = 0, max = 3) int sizeShift,
      @ForAll @IntRange(min = 0, max = 3) int start,
      @ForAll @IntRange(min = 1, max = 60) int blocks,
      @ForAll long seed) {
    int blockSize = 512 << sizeShift;
    int startSector = List.of(0, 1, 8, 2048).get(start);
    // The device has room for about that many blocks, and some bytes that are of no use.
    Random random = new Random(seed);
    int sectors = startSector + 8 + blocks * (blockSize / 512) + random.nextInt(8);
    WritecacheImage built = new WritecacheImage(blockSize, sectors, startSector, 1);
    long sequenceCount = 2 + Math.abs(random.nextLong() >> 40 >> random.nextInt(24));
    fill(built, blockSize, sequenceCount, random);

    String table = "0 99999 writecache s /dev/a /dev/b " + blockSize + " 2 start_sector ";
    Parsed parsed = Parsed.of(built.bytes(), null, startSector == 0 ? null : table + startSector);

    assertEquals("writecache", parsed.image().format());
    assertEquals((long) blockSize, parsed.fact("blockSize"));
    assertEquals((long) built.blockCount(), parsed.fact("blockCount"));
    assertEquals((long) built.metadataBytes(), parsed.fact("metadataBytes"));
    assertEquals((long) built.dataOffset(0), parsed.fact("dataOffset"));
    assertEquals(sequenceCount, parsed.fact("sequenceCount"));
    assertEquals(count(Kind.COMMITTED) + count(Kind.SUPERSEDED), parsed.fact("committed"));
    assertEquals(count(Kind.SUPERSEDED), parsed.fact("duplicates"));
    assertEquals(count(Kind.UNCOMMITTED), parsed.fact("uncommitted"));
    assertEquals(count(Kind.FREE) + count(Kind.UNUSED), parsed.fact("free"));
    assertEquals(count(Kind.COMMITTED) * blockSize, parsed.fact("dirtyBytes"));
    assertEquals(expectedRows(built), parsed.rows("entries", 6));
    parsed.assertNoDamageBut("");
    assertStructuresEncodeBack(built, startSector * 512);
  }

  /** Fills the table: addresses are all different, but for older copies of a committed one. */
  private void fill(WritecacheImage built, int blockSize, long sequenceCount, Random random) {
    built.commit(sequenceCount);
    specs.clear();
    int perBlock = blockSize / 512;
    Set<Long> used = new HashSet<>();
    for (int i = 0; i < built.blockCount(); i++) {
      long sector = perBlock * (random.nextLong() >>> (12 + random.nextInt(40)));
      while (sector >= 1L << 54 || !used.add(sector)) {
        sector = perBlock * (long) random.nextInt();
        sector = Math.abs(sector);
      }
      long sequence = 1 + random.nextLong(sequenceCount - 1);
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      if (kind == Kind.SUPERSEDED) {
        int newer = specs.indexOf(newest(sequence));
        kind = newer < 0 ? Kind.COMMITTED : kind;
        sector = newer < 0 ? sector : specs.get(newer).sector();
      }
      put(built, i, kind, sector, sequence, sequenceCount);
    }
  }

  /** A committed entry that is newer than a sequence; null if there is none. */
  private Spec newest(long than) {
    return specs.stream()
        .filter(spec -> spec.kind() == Kind.COMMITTED && spec.sequence() > than)
        .filter(spec -> specs.stream().filter(s -> s.sector() == spec.sector()).count() == 1)
        .findFirst()
        .orElse(new Spec(Kind.UNUSED, -2, -2));
  }

  private void put(
      WritecacheImage built, int i, Kind kind, long sector, long sequence, long sequenceCount) {
    Spec spec =
        switch (kind) {
          case UNUSED -> new Spec(kind, -1, -1);
          case FREE -> new Spec(kind, sector, -1);
          case UNCOMMITTED -> new Spec(kind, sector, sequenceCount);
          case COMMITTED, SUPERSEDED -> new Spec(kind, sector, sequence);
        };
    specs.add(spec);
    if (kind != Kind.UNUSED) {
      built.put(i, spec.sector(), sequence, i);
      built.setEntry(i, spec.sector(), spec.sequence());
    }
  }

  private long count(Kind kind) {
    return specs.stream().filter(spec -> spec.kind() == kind).count();
  }

  private List<String> expectedRows(WritecacheImage built) {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      Spec spec = specs.get(i);
      rows.add(
          "%d %s %s %s %d %d"
              .formatted(
                  i,
                  spec.kind().name().toLowerCase(Locale.ROOT),
                  spec.sector() == -1 ? "-" : spec.sector(),
                  spec.sequence() == -1 ? "-" : spec.sequence(),
                  built.entryOffset(i),
                  built.dataOffset(i)));
    }
    return rows;
  }

  private static void assertStructuresEncodeBack(WritecacheImage built, int start) {
    byte[] table = Arrays.copyOfRange(built.bytes(), start, built.entryOffset(built.blockCount()));
    ByteBuffer bytes = ByteBuffer.wrap(table);
    ByteBuffer encoded = ByteBuffer.allocate(table.length);
    Superblock.decode(bytes, 0).encode(encoded, 0);
    for (int at = Superblock.BYTES; at < table.length; at += Entry.BYTES) {
      Entry.decode(bytes, at).encode(encoded, at);
    }
    assertArrayEquals(table, encoded.array());
  }
}
