package org.dmsalvage.gui.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be made of files, directories and text that are dropped. */
class DroppedTest {

  @TempDir private Path directory;

  @Test
  void directoriesAreNamedAndFilesKept() throws IOException {
    File file = Files.createFile(directory.resolve("cache image")).toFile();
    assertEquals(new Dropped(List.of(file.getPath()), ""), Dropped.ofFiles(List.of(file)));
    Dropped both = Dropped.ofFiles(List.of(directory.toFile(), file));
    assertEquals(List.of(file.getPath()), both.paths());
    assertEquals(directory + " is a directory: drop the images that are in it", both.problem());
  }

  @Test
  void pathsAreFoundInText() throws IOException {
    Path file = Files.createFile(directory.resolve("cache image"));
    List<String> twice = List.of(file.toString(), "/dev/null");
    assertEquals(
        new Dropped(twice, ""),
        Dropped.ofText("# a list\r\n" + file.toUri() + "\r\n\r\n /dev/null \n"));
    assertTrue(Dropped.ofText(directory.toUri().toString()).problem().contains("is a directory"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "some words", "file:relative", "file://host/x", "a\u0000b", "#x"})
  void otherTextIsNoPath(String text) {
    Dropped dropped = Dropped.ofText(text);
    assertEquals(List.of(), dropped.paths());
    assertTrue(dropped.problem().startsWith("What was dropped is text"), dropped.problem());
  }
}
