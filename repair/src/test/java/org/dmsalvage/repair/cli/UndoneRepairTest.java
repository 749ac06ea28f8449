package org.dmsalvage.repair.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A repair in place of each family, and back. */
class UndoneRepairTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-torn-tail-wrapped", "wc4096-crash", "is-lzo-wb-stale"})
  void restoresEveryByte(String set) throws IOException {
    Path cache = GoldenSets.get(set).unpack(directory).cache();
    new Damage.FlipBit(1, 3).applyTo(cache);
    byte[] original = Files.readAllBytes(cache);
    String undo = directory.resolve("undo").toString();
    Run run = Run.of("repair", cache.toString(), "--apply", "--undo", undo, "--yes");
    assertEquals(1, run.status(), run.toString());
    assertFalse(Arrays.equals(original, Files.readAllBytes(cache)));
    assertEquals(0, Run.of("repair", cache.toString(), "--dry-run").status());
    assertEquals(0, Run.of("undo", undo).status());
    assertArrayEquals(original, Files.readAllBytes(cache));
  }
}
