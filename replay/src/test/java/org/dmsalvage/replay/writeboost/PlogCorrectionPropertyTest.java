package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Plog;
import org.dmsalvage.fixtures.writeboost.PlogImage;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;

/** One damaged plog of segments that only the plog device holds. */
class PlogCorrectionPropertyTest {

  @Property(tries = 200)
  void oneChangedByteLosesNothing(
      @ForAll @IntRange(min = 5, max = 8) int order, @ForAll long seed) {
    Random random = new Random(seed);
    Log log = new Log(Variant.RAW_2014, order, 12);
    for (long id = 1; id <= 6; id++) {
      log.image.put(Segment.of(id, Block.full(8 * id, id)));
    }
    PlogImage plog = log.plog(9 * log.image.layout().blocksPerSegment() * 8);
    for (long id = 7; id <= 9; id++) {
      List<Plog> plogs = new ArrayList<>();
      for (int index = 0; index < 2 + random.nextInt(2); index++) {
        int first = random.nextInt(4);
        long sector = 8L * (20 + random.nextInt(10)) + first;
        int length = 1 + random.nextInt(8 - first);
        plogs.add(new Plog(sector, index, Collections.nCopies(length, 10 * id + index)));
      }
      plog.put(id, plogs);
    }
    Recovery whole = Replays.replay(log.request(), Policy.SALVAGE);
    byte[] right = Replays.read(whole.logical().orElseThrow());
    assertEquals(3L, whole.report().position().value("rebuiltSegments"));

    // The stored checksum of the first plog of segment 8, or its data: it has at least one sector.
    int place = plog.segmentOffset(8);
    int at = random.nextBoolean() ? 16 + random.nextInt(4) : 512 + random.nextInt(512);
    plog.bytes()[place + at] ^= (byte) (1 + random.nextInt(255));
    Recovery salvage = log.salvage();
    assertArrayEquals(right, Replays.read(salvage.logical().orElseThrow()));
    assertEquals(
        1,
        salvage.report().findings().kept().stream()
            .map(Finding::code)
            .filter(WriteboostCode.PLOG_CORRECTED::equals)
            .count());
  }
}
