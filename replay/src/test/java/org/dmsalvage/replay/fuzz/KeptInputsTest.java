package org.dmsalvage.replay.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dmsalvage.fixtures.fuzz.Corpus;
import org.junit.jupiter.api.Test;

/** The inputs that fuzzing has kept: those that once failed, and those that reach most. */
class KeptInputsTest {

  @Test
  void replay() {
    assertTrue(Corpus.replay(ReplayFuzz.class, ReplayFuzz::fuzzerTestOneInput) > 0);
  }
}
