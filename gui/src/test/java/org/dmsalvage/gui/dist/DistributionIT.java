package org.dmsalvage.gui.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the distribution as a user does, on a machine that has no Java. */
final class DistributionIT {

  private static final Path DISTRIBUTION =
      Path.of(System.getProperty("dmsalvage.distribution")).normalize();
  private static final Path ARCHIVE = Path.of(System.getProperty("dmsalvage.archive")).normalize();

  /** Holds the image. */
  @TempDir static Path shared;

  /** Holds no program but what the launcher needs to follow links. */
  @TempDir Path programs;

  @TempDir Path scratch;

  private static Path image;

  private record Result(int status, String out, String err) {}

  @BeforeAll
  static void unpackImage() throws IOException {
    image = GoldenSets.get("wc4096-crash").unpack(shared.resolve("set")).cache();
  }

  @BeforeEach
  void findReadlink() throws IOException {
    Files.copy(Path.of("/usr/bin/readlink"), programs.resolve("readlink"));
  }

  @Test
  void runsWithoutAnInstalledJava() throws Exception {
    Result result = run(launcher(DISTRIBUTION), Map.of(), "inspect", image.toString());
    assertEquals("", result.err());
    assertEquals(0, result.status());
    assertTrue(result.out().contains("writecache"), result.out());
  }

  @Test
  void takesItsClassesFromTheCache() throws Exception {
    assertCacheUsed(DISTRIBUTION);
  }

  @Test
  void takesItsClassesFromTheCacheWhereverItIsUnpacked() throws Exception {
    assertCacheUsed(unpack());
  }

  @Test
  void isFoundThroughLinks() throws Exception {
    Path home = unpack();
    Path absolute = scratch.resolve("absolute link");
    Files.createSymbolicLink(absolute, launcher(home));
    Path relative = Files.createDirectory(scratch.resolve("links")).resolve("dm");
    Files.createSymbolicLink(relative, Path.of("../absolute link"));
    Result result = run(relative, Map.of(), "--version");
    assertEquals("", result.err());
    assertTrue(result.out().startsWith("dmsalvage "), result.out());
  }

  @Test
  void runsFromItsOwnDirectory() throws Exception {
    Path bin = unpack().resolve("bin");
    Result result = execute(bin, Map.of(), List.of("/bin/sh", "dmsalvage", "--version"));
    assertEquals("", result.err());
    assertTrue(result.out().startsWith("dmsalvage "), result.out());
  }

  @Test
  void doesWithoutACacheThatDoesNotFit() throws Exception {
    String otherLayout = "-XX:+UseCompactObjectHeaders";
    assertNotEquals(List.of(), loadedFromJars(DISTRIBUTION, otherLayout));
  }

  @Test
  void doesWithoutABrokenCache() throws Exception {
    Path home = unpack();
    Path cache = home.resolve("lib/dmsalvage.aot");
    Result before = run(launcher(home), Map.of(), "inspect", image.toString(), "--json");
    Files.write(cache, new byte[4096], StandardOpenOption.WRITE);
    assertEquals(before, run(launcher(home), Map.of(), "inspect", image.toString(), "--json"));
    Files.writeString(cache, "rubbish");
    assertEquals(before, run(launcher(home), Map.of(), "inspect", image.toString(), "--json"));
    Files.delete(cache);
    assertEquals(before, run(launcher(home), Map.of(), "inspect", image.toString(), "--json"));
  }

  @Test
  void ignoresOptionsMeantForOtherJavaPrograms() throws Exception {
    Map<String, String> environment =
        Map.of("JAVA_TOOL_OPTIONS", "-Dx=y", "_JAVA_OPTIONS", "-Dx=y", "JDK_JAVA_OPTIONS", "-Dx=y");
    Result result = run(launcher(DISTRIBUTION), environment, "--version");
    assertEquals("", result.err());
    assertEquals(0, result.status());
  }

  @Test
  void passesOptionsOn() throws Exception {
    Result result =
        run(
            launcher(DISTRIBUTION),
            Map.of("DMSALVAGE_JAVA_OPTS", "-XX:+UseParallelGC -XX:+PrintFlagsFinal"),
            "--version");
    assertTrue(
        result.out().lines().anyMatch(l -> l.matches(".*UseParallelGC +:?= true.*")), result.out());
  }

  @Test
  void opensNamesThatAreNotAsciiInTheLocaleC() throws Exception {
    Path named = scratch.resolve("Größe 容量.img");
    Files.copy(image, named);
    Result result =
        run(launcher(DISTRIBUTION), Map.of("LC_ALL", "C"), "inspect", named.toString(), "--json");
    assertEquals("", result.err());
    assertEquals(0, result.status());
    assertTrue(result.out().contains("Größe 容量.img"), result.out());
  }

  @Test
  void endsWithTheStatusOfTheCommand() throws Exception {
    assertEquals(16, run(launcher(DISTRIBUTION), Map.of(), "no-such-command").status());
  }

  @Test
  void leavesNoFilesBehind() throws Exception {
    Path empty = Files.createDirectory(scratch.resolve("empty"));
    List<String> command = List.of(launcher(DISTRIBUTION).toString(), "check", image.toString());
    execute(empty, Map.of("TMPDIR", empty.toString()), command);
    try (Stream<Path> files = Files.list(empty)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void saysThatThereIsNoDisplayForAWindow() throws Exception {
    Path home = Files.createDirectory(scratch.resolve("home"));
    String options = "-Duser.home=" + home;
    Result result =
        run(
            launcher(DISTRIBUTION),
            Map.of("DMSALVAGE_JAVA_OPTS", options),
            "gui",
            image.toString());
    assertEquals("dmsalvage: window: cannot be opened: Unable to open DISPLAY\n", result.err());
    assertEquals(8, result.status());
    try (Stream<Path> unpacked = Files.list(home)) {
      assertEquals(List.of(), unpacked.toList(), "the machine code lies beside the jars");
    }
  }

  @Test
  void carriesTheLicencesOfItsLibraries() throws IOException {
    String licences = Files.readString(DISTRIBUTION.resolve("licenses/README.txt"));
    try (Stream<Path> jars = Files.list(DISTRIBUTION.resolve("lib"))) {
      List<String> unmentioned =
          jars.map(jar -> jar.getFileName().toString())
              .filter(name -> name.endsWith(".jar"))
              .map(name -> name.replaceFirst("(-[0-9][^/]*)?\\.jar$", ""))
              .filter(name -> !OUR_JARS.contains(name))
              .filter(name -> !licences.contains(name))
              .toList();
      assertEquals(List.of(), unmentioned);
    }
    assertTrue(Files.exists(DISTRIBUTION.resolve("runtime/legal/java.base/LICENSE")));
  }

  @Test
  void demonstratesARecovery() throws Exception {
    Result result = run(launcher(unpack()), Map.of("TMPDIR", scratch.toString()), "demo");
    assertEquals("", result.err());
    assertEquals(0, result.status());
    assertTrue(result.out().contains("Every durable sector is there"), result.out());
  }

  @Test
  void hasAManPageForEachCommand() throws Exception {
    Path pages = DISTRIBUTION.resolve("share/man/man1");
    String page = Files.readString(pages.resolve("dmsalvage-inspect.1"));
    assertTrue(page.contains(".SH \"OPTIONS\""), page);
    assertTrue(page.contains("\\-\\-verify"), page);
    String help = run(launcher(DISTRIBUTION), Map.of(), "--help").out();
    List<String> withoutPage =
        help.lines()
            .dropWhile(l -> !l.equals("Commands:"))
            .skip(1)
            .takeWhile(l -> l.startsWith("  "))
            .filter(l -> l.charAt(2) != ' ')
            .map(l -> l.strip().split(" ", 2)[0])
            .filter(name -> !Files.exists(pages.resolve("dmsalvage-" + name + ".1")))
            .toList();
    assertEquals(List.of(), withoutPage);
    assertTrue(help.contains("Commands:"), help);
  }

  @Test
  void completesCommandsOptionsValuesAndFiles() throws Exception {
    assertEquals("inspect", completed("dmsalvage", "ins"));
    assertEquals("--format", completed("dmsalvage", "inspect", "--form"));
    assertEquals("salvage\ndriver", completed("dmsalvage", "replay", "--policy", ""));
    Files.createFile(scratch.resolve("cache.img"));
    assertEquals("cache.img", completed("dmsalvage", "check", "ca"));
    assertEquals("cache.img", completed("dmsalvage", "check", "--plog", "ca"));
  }

  /** What bash makes of the last word, a line each. */
  private String completed(String... words) throws Exception {
    String script =
        """
        PATH=/usr/bin:/bin
        source "$1" || exit
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMP_LINE="$*"
        _complete_dmsalvage 2> /dev/null
        printf '%s\n' "${COMPREPLY[@]}"
        """;
    Path source = DISTRIBUTION.resolve("share/bash-completion/completions/dmsalvage");
    List<String> command =
        new ArrayList<>(List.of("/bin/bash", "-c", script, "bash", source.toString()));
    command.addAll(Arrays.asList(words));
    return execute(scratch, Map.of(), command).out().strip();
  }

  private static final List<String> OUR_JARS =
      List.of("dmsalvage", "inspect", "replay", "repair", "live");

  private void assertCacheUsed(Path home) throws Exception {
    assertEquals(List.of(), loadedFromJars(home, ""));
  }

  /** Which classes a real command reads from jars, though the training has loaded them too. */
  private List<String> loadedFromJars(Path home, String options) throws Exception {
    Path log = scratch.resolve("classes.log");
    Result result =
        run(
            launcher(home),
            Map.of("DMSALVAGE_JAVA_OPTS", options + " -Xlog:class+load:file=" + log),
            "inspect",
            image.toString(),
            "--json");
    assertEquals("", result.err());
    assertEquals(0, result.status());
    List<String> lines = Files.readAllLines(log);
    assertTrue(
        lines.stream().anyMatch(l -> l.contains("org.dmsalvage.gui.app.Main source:")),
        "the log does not show the main class");
    assertTrue(lines.stream().anyMatch(l -> l.contains("picocli.CommandLine source:")));
    return lines.stream().filter(l -> l.contains("source: file:") || l.contains("jrt:/")).toList();
  }

  private Path unpack() throws Exception {
    Path directory = Files.createDirectory(scratch.resolve("with a space"));
    Process tar =
        new ProcessBuilder("tar", "xzf", ARCHIVE.toString(), "-C", directory.toString())
            .inheritIO()
            .start();
    assertEquals(0, tar.waitFor());
    try (Stream<Path> top = Files.list(directory)) {
      List<Path> found = top.toList();
      assertEquals(1, found.size());
      return found.getFirst();
    }
  }

  private static Path launcher(Path home) {
    return home.resolve("bin/dmsalvage");
  }

  private Result run(Path launcher, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(Arrays.asList(arguments));
    return execute(scratch, environment, command);
  }

  private Result execute(Path directory, Map<String, String> environment, List<String> command)
      throws Exception {
    Path out = Files.createTempFile(programs, "out", "");
    Path err = Files.createTempFile(programs, "err", "");
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> all = new HashMap<>(environment);
    all.put("PATH", programs.toString());
    builder.environment().clear();
    builder.environment().putAll(all);
    builder.directory(directory.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    Process process = builder.start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "hangs");
    return new Result(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
