package org.dmsalvage.inspect.fuzz;

import org.dmsalvage.fixtures.fuzz.Choices;
import org.dmsalvage.fixtures.fuzz.FuzzedWriteboost;

/** Detection, examination and listing of hostile writeboost images. */
public final class WriteboostFuzz {

  private WriteboostFuzz() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Inspection.run(FuzzedWriteboost.build(new Choices(input)));
  }
}
