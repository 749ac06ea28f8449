package org.dmsalvage.inspect.fuzz;

import org.dmsalvage.fixtures.fuzz.Choices;
import org.dmsalvage.fixtures.fuzz.FuzzedInsitu;

/** Detection, examination and listing of hostile insitu images. */
public final class InsituFuzz {

  private InsituFuzz() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Inspection.run(FuzzedInsitu.build(new Choices(input)));
  }
}
