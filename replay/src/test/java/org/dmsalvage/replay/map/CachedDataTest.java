package org.dmsalvage.replay.map;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CachedDataTest {

  @ParameterizedTest
  @ValueSource(strings = {"wb13-o7-volatile", "wc512-midcommit"})
  void whatShowsAndCannotBeReadIsListedOnce(String set) {
    TestImages images = TestImages.of(set);
    LogicalDevice device = images.replay(Policy.SALVAGE).logical().orElseThrow();
    List<ByteRange> runs = new ArrayList<>();
    List<Long> places = new ArrayList<>();
    device.forEachRun(
        (offset, length, origin) -> {
          if (origin instanceof Origin.Cached(_, long place) && length >= 512) {
            runs.add(new ByteRange(offset, 512));
            places.add(place);
          }
        });
    int which = runs.size() / 2;
    images.cache().unreadable().set((int) (places.get(which) / 512));
    List<ByteRange> unreadable = CachedData.unreadable(device, Progress.NONE);
    assertEquals(List.of(runs.get(which)), unreadable);
    LossList lost = new LossList();
    for (int i = 0; i < 2; i++) {
      CachedData.list(device, unreadable, lost);
      assertEquals(1, lost.count());
    }
    Loss loss = lost.kept().getFirst();
    assertEquals(
        List.of("IO-UNREADABLE", "cache", places.get(which), 512L, 1L),
        List.of(loss.code(), loss.image(), loss.offset(), loss.length(), loss.sectors()));
    assertEquals(runs.get(which).offset(), loss.details().value("logicalOffset"));
    assertEquals(512, lost.ranges().bytes());
  }
}
