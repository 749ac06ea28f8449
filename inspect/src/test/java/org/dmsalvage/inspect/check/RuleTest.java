package org.dmsalvage.inspect.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RuleTest {

  @Test
  void findsTheRulesOfAMessage() {
    assertEquals(List.of(Rule.W14), Rule.citedBy("stops at slot 3 (rule W14)"));
    assertEquals(
        List.of(Rule.W4, Rule.F6, Rule.P1), Rule.citedBy("(rules W4, F6) and then (rule P1)"));
    assertEquals(List.of(Rule.W14), Rule.citedBy("rule W99, W14, overrule W15"));
    assertEquals(List.of(), Rule.citedBy("no W14"));
  }

  @Test
  void everySentenceIsOne() {
    for (Rule rule : Rule.values()) {
      assertTrue(rule.meaning().matches("[A-Z].{10,120}\\."), rule + ": " + rule.meaning());
    }
  }

  /** Comments may cite further ones; what is printed has to be found in the table. */
  @Test
  void everyRuleThatIsPrintedCanBeLookedUp() throws IOException {
    Set<String> known = Arrays.stream(Rule.values()).map(Rule::name).collect(Collectors.toSet());
    Set<String> unknown = new TreeSet<>();
    assumeTrue(Files.isDirectory(Path.of("../inspect/src/main/java")), "run without the sources");
    int found = 0;
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      for (Path module : modules.map(m -> m.resolve("src/main/java")).toList()) {
        if (Files.isDirectory(module)) {
          try (Stream<Path> sources = Files.walk(module)) {
            for (Path source : sources.filter(s -> s.toString().endsWith(".java")).toList()) {
              for (String line : Files.readAllLines(source)) {
                String code = line.strip();
                if (!code.startsWith("*") && !code.startsWith("/")) {
                  List<String> numbers = Rule.numbersIn(code);
                  found += numbers.size();
                  numbers.stream().filter(n -> !known.contains(n)).forEach(unknown::add);
                }
              }
            }
          }
        }
      }
    }
    assertEquals(Set.of(), unknown);
    assertTrue(found > 30, "only " + found + " citations were found");
  }
}
