package org.dmsalvage.gui.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;

/**
 * Unpacks an image of each format, and writes the commands that the build runs on them to train the
 * distribution's ahead-of-time cache.
 */
final class TrainingImages {

  /** One set of each format and of each kind of payload. */
  private static final List<String> SETS =
      List.of(
          "wb13-o7-unwrapped-crash",
          "wb-o7-unwrapped-crash",
          "wbp-o7-crash",
          "wc4096-crash",
          "is-lzo-wb-crash",
          "is-deflate-wb-crash");

  /** The set that a window shows; it has findings of all severities. */
  private static final String WINDOW = "wb-o7-torn-tail-wrapped";

  private TrainingImages() {}

  /** Writes the images into the directory of the first argument, the commands to the second. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    List<String> commands = new ArrayList<>(List.of("--help", "inspect --help", "no-such-command"));
    for (String name : SETS) {
      GoldenSet.Images images = GoldenSets.get(name).unpack(directory.resolve(name));
      String cache = images.cache().toString();
      if (images.plog() != null) {
        cache += " --plog " + images.plog();
      }
      String both = images.backing() == null ? cache : cache + " --backing " + images.backing();
      for (String form : List.of("", " --json")) {
        commands.add("inspect " + cache + form);
        commands.add("check " + cache + form);
        commands.add("replay " + both + " --hash" + form);
        commands.add("replay " + both + " --hash --policy driver" + form);
        commands.add("replay " + both + " --timeline" + form);
        commands.add("diff " + both + form);
        commands.add(
            "flush " + both + " --output " + directory.resolve(name + ".new") + " --force" + form);
      }
    }
    GoldenSet.Images seen = GoldenSets.get(WINDOW).unpack(directory.resolve("window"));
    commands.add("gui %s --backing %s".formatted(seen.cache(), seen.backing()));
    Files.write(Path.of(arguments[1]), commands);
  }
}
