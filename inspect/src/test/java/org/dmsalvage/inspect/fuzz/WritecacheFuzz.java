package org.dmsalvage.inspect.fuzz;

import org.dmsalvage.fixtures.fuzz.Choices;
import org.dmsalvage.fixtures.fuzz.FuzzedWritecache;

/** Detection, examination and listing of hostile writecache images. */
public final class WritecacheFuzz {

  private WritecacheFuzz() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Inspection.run(FuzzedWritecache.build(new Choices(input)));
  }
}
