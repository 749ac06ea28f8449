package org.dmsalvage.replay.property;

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
}
