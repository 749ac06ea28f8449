package org.dmsalvage.inspect.format.writecache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class WritecacheStructuresPropertyTest {

  @Property
  void superblockBytesSurviveDecoding(@ForAll @Size(Superblock.BYTES) byte[] bytes) {
    ByteBuffer copy = ByteBuffer.allocate(Superblock.BYTES + 3);
    Superblock.decode(ByteBuffer.wrap(bytes), 0).encode(copy, 3);
    ByteBuffer expected = ByteBuffer.allocate(Superblock.BYTES + 3).put(3, bytes);
    assertArrayEquals(expected.array(), copy.array());
  }

  @Property
  void entryBytesSurviveDecoding(@ForAll long sector, @ForAll long sequence) {
    ByteBuffer bytes = ByteBuffer.allocate(20);
    Entry entry = new Entry(sector, sequence);
    entry.encode(bytes, 4);
    assertEquals(entry, Entry.decode(bytes, 4));
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(sector, bytes.getLong(4));
    assertEquals(sequence, bytes.getLong(12));
    assertEquals(sector, Entry.originalSector(bytes, 4));
    assertEquals(sequence, Entry.sequence(bytes, 4));
  }
}
