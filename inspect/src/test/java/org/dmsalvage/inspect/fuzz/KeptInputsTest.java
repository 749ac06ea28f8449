package org.dmsalvage.inspect.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dmsalvage.fixtures.fuzz.Corpus;
import org.dmsalvage.inspect.codec.CodecFuzz;
import org.junit.jupiter.api.Test;

/** The inputs that fuzzing has kept: those that once failed, and those that reach most. */
class KeptInputsTest {

  @Test
  void writeboost() {
    replay(WriteboostFuzz.class, WriteboostFuzz::fuzzerTestOneInput);
  }

  @Test
  void writecache() {
    replay(WritecacheFuzz.class, WritecacheFuzz::fuzzerTestOneInput);
  }

  @Test
  void insitu() {
    replay(InsituFuzz.class, InsituFuzz::fuzzerTestOneInput);
  }

  @Test
  void codecs() {
    replay(CodecFuzz.class, CodecFuzz::fuzzerTestOneInput);
  }

  private static void replay(Class<?> target, Corpus.Target run) {
    assertTrue(Corpus.replay(target, run) > 0);
  }
}
