package org.dmsalvage.live.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules of the OpenMetrics text format 1.0.0, as far as they concern gauges, counters, infos
 * and histograms. Shares nothing with the writer.
 */
final class Grammar {

  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String ESCAPED = "(?:[^\"\\\\\n]|\\\\[\\\\n\"])*";
  private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"" + ESCAPED + "\"";
  private static final Pattern SAMPLE =
      Pattern.compile("(" + NAME + ")(?:\\{((?:" + LABEL + "(?:," + LABEL + ")*)?)\\})? ([^ ]+)");
  private static final Pattern DESCRIPTOR =
      Pattern.compile("# (TYPE|UNIT|HELP) (" + NAME + ") (.+)");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|Inf)");
  private static final Map<String, Set<String>> SUFFIXES =
      Map.of(
          "gauge",
          Set.of(""),
          "counter",
          Set.of("_total"),
          "info",
          Set.of("_info"),
          "histogram",
          Set.of("_bucket", "_count", "_sum"));

  private final Map<String, Double> samples = new LinkedHashMap<>();
  private final Map<String, String> types = new HashMap<>();
  private final Set<String> described = new HashSet<>();
  private String family = "";

  private Grammar() {}

  /** Checks a whole exposition, and gives its samples by name and labels. */
  static Map<String, Double> check(String text) {
    assertTrue(text.endsWith("\n"), "the last line ends");
    assertFalse(text.contains("\r"));
    List<String> lines = List.of(text.substring(0, text.length() - 1).split("\n", -1));
    assertEquals("# EOF", lines.getLast());
    Grammar grammar = new Grammar();
    lines.subList(0, lines.size() - 1).forEach(grammar::line);
    grammar.histograms();
    return grammar.samples;
  }

  private void line(String line) {
    Matcher descriptor = DESCRIPTOR.matcher(line);
    if (descriptor.matches()) {
      describe(descriptor.group(1), descriptor.group(2), descriptor.group(3), line);
      return;
    }
    Matcher sample = SAMPLE.matcher(line);
    assertTrue(sample.matches(), line);
    String type = types.get(family);
    assertNotNull(type, line);
    assertTrue(sample.group(1).startsWith(family), line);
    String suffix = sample.group(1).substring(family.length());
    assertTrue(SUFFIXES.get(type).contains(suffix), line);
    assertTrue(NUMBER.matcher(sample.group(3)).matches(), line);
    double value = Double.parseDouble(sample.group(3));
    assertTrue(type.equals("gauge") || value >= 0, line);
    assertTrue(!type.equals("info") || value == 1, line);
    String labels = sample.group(2) == null ? "" : sample.group(2);
    assertEquals(suffix.equals("_bucket"), labels.contains("le=\""), line);
    Set<String> names = new HashSet<>();
    Matcher label = Pattern.compile(LABEL).matcher(labels);
    while (label.find()) {
      assertTrue(names.add(label.group().substring(0, label.group().indexOf('='))), line);
    }
    assertTrue(samples.put(sample.group(1) + "{" + labels + "}", value) == null, "twice: " + line);
  }

  private void describe(String kind, String name, String text, String line) {
    assertTrue(described.add(kind + " " + name), "twice: " + line);
    if (!name.equals(family)) {
      assertEquals("TYPE", kind, "families do not interleave: " + line);
      family = name;
    }
    switch (kind) {
      case "TYPE" -> {
        assertTrue(SUFFIXES.containsKey(text), line);
        assertFalse(name.endsWith("_total") || name.endsWith("_info"), line);
        types.put(name, text);
      }
      case "UNIT" -> assertTrue(name.endsWith("_" + text), line);
      default -> assertTrue(text.matches(ESCAPED), line);
    }
    assertTrue(
        samples.keySet().stream().noneMatch(s -> s.startsWith(name + "{")), "too late: " + line);
  }

  /** Buckets grow, the last has no end and holds all. */
  private void histograms() {
    Map<String, Double> last = new HashMap<>();
    Map<String, Double> bound = new HashMap<>();
    samples.forEach(
        (name, value) -> {
          Matcher bucket = Pattern.compile("(.*)_bucket\\{(.*),le=\"(.*)\"\\}").matcher(name);
          if (bucket.matches()) {
            String key = bucket.group(1) + "_count{" + bucket.group(2) + "}";
            double upper =
                bucket.group(3).equals("+Inf")
                    ? Double.POSITIVE_INFINITY
                    : Double.parseDouble(bucket.group(3));
            assertTrue(upper > bound.getOrDefault(key, 0.0), name);
            assertTrue(value >= last.getOrDefault(key, 0.0), name);
            bound.put(key, upper);
            last.put(key, value);
          }
        });
    last.forEach((key, value) -> assertEquals(samples.get(key), value, key));
    bound.forEach((key, value) -> assertTrue(Double.isInfinite(value), key));
  }
}
