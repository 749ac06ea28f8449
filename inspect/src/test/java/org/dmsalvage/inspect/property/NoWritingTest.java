package org.dmsalvage.inspect.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dmsalvage.inspect.Formats;
import org.junit.jupiter.api.Test;

/** This module cannot write to a file: none of its classes names anything that could. */
class NoWritingTest {

  /** Types that exist to write, or to have others write. */
  private static final Set<String> TYPES =
      Set.of(
          "java/io/FileWriter",
          "java/io/RandomAccessFile",
          "java/lang/ProcessBuilder",
          "java/lang/Runtime.exec",
          "java/nio/channels/AsynchronousFileChannel",
          "java/nio/file/attribute/UserDefinedFileAttributeView");

  /** Of these types only what is named here may be used. */
  private static final List<String> GUARDED =
      List.of(
          "java/nio/file/Files.",
          "java/nio/file/StandardOpenOption.",
          "java/nio/channels/FileChannel.",
          "java/lang/foreign/Linker.",
          "java/io/FileOutputStream.<init>",
          "java/io/File.");

  private static final Set<String> HARMLESS =
      Set.of(
          // For standard output: a descriptor that is open already.
          "java/io/FileOutputStream.<init>(Ljava/io/FileDescriptor;)V",
          "java/nio/file/Files.readSymbolicLink",
          "java/nio/file/Files.exists",
          "java/nio/file/Files.isDirectory",
          "java/nio/file/Files.isExecutable",
          "java/nio/file/Files.isRegularFile",
          "java/nio/file/Files.isSameFile",
          "java/nio/file/Files.getAttribute",
          "java/nio/file/Files.getFileStore",
          "java/nio/file/StandardOpenOption.READ",
          "java/nio/channels/FileChannel.open",
          "java/nio/channels/FileChannel.read",
          "java/nio/channels/FileChannel.size",
          "java/nio/channels/FileChannel.close");

  /** Calls lseek(2), for which Java has nothing; it opens its file with O_RDONLY. */
  private static final String NATIVE = "org/dmsalvage/inspect/io/NativeHoles";

  /** Starts programs that read an image; what they make is in a directory of their own. */
  private static final String CAPTIVE = "org/dmsalvage/inspect/captive/Captive";

  @Test
  void noClassCanWrite() throws IOException, URISyntaxException {
    Path classes =
        Path.of(Formats.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Set<String> found = new TreeSet<>();
    int count = 0;
    try (Stream<Path> files = Files.walk(classes.resolve("org/dmsalvage/inspect"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        found.addAll(suspects(Files.readAllBytes(file)));
        count++;
      }
    }
    assertEquals(Set.of(), found);
    assertTrue(count > 100, "only " + count + " classes in " + classes);
  }

  @Test
  void aClassThatWritesIsFound() throws IOException {
    String name = "org/dmsalvage/inspect/property/NoWritingTest$Writer";
    try (InputStream in = getClass().getResourceAsStream("NoWritingTest$Writer.class")) {
      assertTrue(in != null);
      assertEquals(
          Set.of(
              name + " uses java/nio/file/Files.write",
              name + " uses java/nio/file/StandardOpenOption.WRITE",
              name + " uses java/io/FileOutputStream.<init>"),
          suspects(in.readAllBytes()));
    }
  }

  /** A class that the test must complain about. */
  static final class Writer {
    static void write(Path path) throws IOException {
      Files.write(path, new byte[1], StandardOpenOption.WRITE);
      try (var _ = new java.io.FileOutputStream(path.toString())) {
        assertTrue(Files.exists(path));
      }
    }
  }

  private static Set<String> suspects(byte[] bytes) {
    var model = ClassFile.of().parse(bytes);
    String self = model.thisClass().asInternalName();
    Set<String> found = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      switch (entry) {
        case ClassEntry type when TYPES.contains(type.asInternalName()) && !self.equals(CAPTIVE) ->
            found.add(self + " uses " + type.asInternalName());
        case MemberRefEntry member -> {
          String name = member.owner().asInternalName() + "." + member.name().stringValue();
          boolean guarded = GUARDED.stream().anyMatch(name::startsWith);
          boolean lseek = self.startsWith(NATIVE) && name.startsWith("java/lang/foreign/Linker.");
          boolean harmless =
              lseek
                  || HARMLESS.contains(name)
                  || HARMLESS.contains(name + member.type().stringValue());
          if ((TYPES.contains(name) && !self.equals(CAPTIVE)) || (guarded && !harmless)) {
            found.add(self + " uses " + name);
          }
        }
        default -> {}
      }
    }
    return found;
  }
}
