package org.dmsalvage.inspect.format.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;

class EntryMapPropertyTest {

  /** The driver's loop over the entries, with a tree of the ones that count. */
  private static final class Resume {
    final TreeMap<Long, Integer> tree = new TreeMap<>();
    final Map<Integer, Long> sequences = new HashMap<>();
    int committed;
    boolean error;

    void entry(int index, long sector, long sequence, long sequenceCount) {
      if (Long.compareUnsigned(sequence, sequenceCount) >= 0) {
        return;
      }
      committed++;
      sequences.put(index, sequence);
      Integer old = tree.get(sector);
      if (old != null) {
        error |= sequences.get(old) == sequence;
        if (Long.compareUnsigned(sequences.get(old), sequence) > 0) {
          return;
        }
      }
      tree.put(sector, index);
    }
  }

  @Property
  void resolvesCopiesLikeTheDriver(
      @ForAll Random random,
      @ForAll @IntRange(min = 2, max = 300) int blocks,
      @ForAll @IntRange(min = 1, max = 40) int sectors,
      @ForAll @IntRange(min = 1, max = 9) int commits) {
    TestCache cache = TestCache.formatted(512, blocks, commits);
    Resume resume = new Resume();
    for (int i = 0; i < blocks; i++) {
      long sector = 5L + random.nextInt(sectors);
      long sequence = random.nextInt(8) == 0 ? -1 : random.nextInt(commits + 1);
      cache.entry(i, sector, sequence);
      resume.entry(i, sector, sequence, commits);
    }
    WritecacheImage image = (WritecacheImage) new WritecacheFormat().open(OpenRequest.of(cache));
    EntryMap map = image.resolve(commits, Progress.NONE);

    TreeMap<Long, Integer> winners = new TreeMap<>();
    for (int p = map.ceiling(0); p < map.size(); p = map.next(p)) {
      winners.put(map.sector(p), map.entry(p));
      assertEquals(p, map.find(map.sector(p)));
    }
    assertEquals(resume.tree, winners);
    assertEquals(resume.error, map.identicalEntries());
    assertEquals(resume.committed, map.size());
    assertEquals(resume.tree.size(), map.distinct());
    assertEquals(resume.committed - resume.tree.size(), map.supersededCount());
    assertEquals(-1, map.find(4));
    assertEquals(-1, map.find(5L + sectors));
  }
}
