package org.dmsalvage.replay.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;

class LineProgressTest {

  @Test
  void givesTasksWhereTheyStandAndTheEnd() {
    List<String> lines = new ArrayList<>();
    try (LineProgress progress = new LineProgress(Progress.NONE, lines::add)) {
      progress.begin("reading\tthis", 4000);
      progress.advance(1000);
      progress.advance(3000);
      progress.begin("something", -1);
      assertTrue(!progress.cancelled());
    }
    assertEquals("task\t4000\treading this\n", lines.getFirst());
    assertTrue(
        lines.get(lines.size() - 3).matches("at\t4000\t4000\t[0-9]+\t0\n"), lines.toString());
    assertEquals("task\t-1\tsomething\n", lines.get(lines.size() - 2));
    assertEquals("end\n", lines.getLast());
  }

  @Test
  void refusesADescriptorThatIsNotOpen() {
    assertThrows(UsageException.class, () -> ProgressOptions.Lines.to(-1));
    assertThrows(UsageException.class, () -> ProgressOptions.Lines.to(987));
    ProgressOptions.Lines.to(1).line("");
  }
}
