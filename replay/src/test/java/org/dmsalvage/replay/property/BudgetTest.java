package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Memory is spent on what an image holds, not on what it claims. */
class BudgetTest {

  @Test
  void absurdSizesFitIntoTheBudget() throws IOException, InterruptedException {
    String printed = Forked.run(HostileSizes.class, "-Xmx64m");
    assertTrue(printed.lines().count() > 100, printed);
  }

  /** 64 MiB and 24 bytes a dirty block; one block in 64 differs and is written, saved, restored. */
  @Test
  void aFlushFitsIntoTheBudget() throws IOException, InterruptedException {
    long most = (64L << 20) + 24L * FlushBudget.BLOCKS;
    String printed =
        Forked.run(FlushBudget.class, "-Xmx" + most, "--enable-native-access=ALL-UNNAMED");
    long planned = FlushBudget.BLOCKS * 4096L;
    long differing = FlushBudget.BLOCKS / 64 * 512L;
    assertEquals(
        "planned %d written %d%nrestored %d%n".formatted(planned, differing, differing), printed);
  }
}
