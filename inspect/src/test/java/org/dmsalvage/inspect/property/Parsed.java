package org.dmsalvage.inspect.property;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * An image in memory as this module reads it.
 *
 * @param image the opened image
 * @param facts what examining everything counted
 * @param findings what it found
 */
record Parsed(CacheImage image, Facts facts, Findings findings) {

  /** Detects, opens and examines. */
  static Parsed of(byte[] cache, byte @Nullable [] plog, @Nullable String table) {
    OpenRequest request =
        new OpenRequest(
            memory("cache", cache),
            plog == null ? null : memory("plog", plog),
            null,
            null,
            table == null ? null : DmTable.parse(table),
            OptionalInt.empty());
    CacheImage image = Formats.open(request);
    Findings findings = new Findings();
    Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
    return new Parsed(image, facts, findings);
  }

  /** A device in memory. */
  static BlockSource memory(String name, byte[] bytes) {
    return new BlockSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long offset, ByteBuffer target) {
        Objects.checkFromIndexSize(offset, target.remaining(), bytes.length);
        target.put(bytes, (int) offset, target.remaining());
      }

      @Override
      public void close() {}
    };
  }

  /** A fact of the geometry or of the examination, which must be known. */
  Object fact(String name) {
    Object value = facts.value(name);
    return Objects.requireNonNull(value == null ? image.geometry().value(name) : value, name);
  }

  /**
   * The first columns of a list of structures in whatever state, in words: unsigned values as they
   * are, nulls as "-".
   */
  List<String> rows(String listing, int columns) {
    List<String> rows = new ArrayList<>();
    List<String> states =
        image.listings().stream()
            .filter(l -> l.name().equals(listing))
            .findFirst()
            .orElseThrow()
            .states();
    image.list(
        listing,
        new RowFilter(null, null, Set.copyOf(states)),
        values ->
            rows.add(
                Arrays.stream(values)
                    .limit(columns)
                    .map(value -> value == null ? "-" : value.toString())
                    .collect(Collectors.joining(" "))),
        Progress.NONE);
    return rows;
  }

  /** Nothing is worse than what any crash leaves behind, but for findings of one code. */
  void assertNoDamageBut(String code) {
    List<Finding> worse =
        findings.kept().stream()
            .filter(f -> f.severity() != Severity.NOTE && !f.code().id().equals(code))
            .toList();
    assertEquals(List.of(), worse);
  }
}
