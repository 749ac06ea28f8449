import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes the libraries of the distribution fit for it; a step of the build, run as a source file.
 *
 * <ul>
 *   <li>Classes compiled for Java 5 and older get the class file version and the stack maps of Java
 *       8, without any other change: the runtime's ahead-of-time cache takes no older ones, nor any
 *       class that implements one of their interfaces.
 *   <li>Machine code of JavaFX is laid beside the jars, where it is looked for first; else it would
 *       be unpacked into the user's home. All other machine code is left out: none of it is used,
 *       and each piece has a licence of its own.
 * </ul>
 */
final class PackLibraries {

  /** The first version whose classes the cache takes. */
  private static final int OLDEST = ClassFile.JAVA_6_VERSION;

  private static final List<String> MACHINE_CODE = List.of(".so", ".dylib", ".jnilib", ".dll");

  private PackLibraries() {}

  /** Rewrites in place each jar of the directory that the first argument names, where needed. */
  public static void main(String[] arguments) throws IOException {
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(arguments[0]), "*.jar")) {
      for (Path jar : jars) {
        pack(jar);
      }
    }
  }

  private static void pack(Path jar) throws IOException {
    Path packed = jar.resolveSibling(jar.getFileName() + ".packed");
    boolean changed = false;
    try (ZipFile in = new ZipFile(jar.toFile());
        OutputStream file = Files.newOutputStream(packed);
        ZipOutputStream out = new ZipOutputStream(file);
        URLClassLoader loader = URLClassLoader.newInstance(new URL[] {jar.toUri().toURL()})) {
      ClassFile classFile =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.defaultResolver()
                      .orElse(ClassHierarchyResolver.ofClassLoading(loader))));
      for (ZipEntry entry : in.stream().toList()) {
        String name = entry.getName().toLowerCase(Locale.ROOT);
        if (MACHINE_CODE.stream().anyMatch(name::endsWith)) {
          changed = true;
          if (jar.getFileName().toString().startsWith("javafx-")) {
            Path code = jar.resolveSibling(Path.of(entry.getName()).getFileName());
            Files.copy(in.getInputStream(entry), code, StandardCopyOption.REPLACE_EXISTING);
          }
          continue;
        }
        byte[] bytes = in.getInputStream(entry).readAllBytes();
        if (name.endsWith(".class")) {
          ClassModel model = classFile.parse(bytes);
          if (model.majorVersion() < OLDEST) {
            bytes = renewed(classFile, model);
            changed = true;
          }
        }
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTimeLocal(entry.getTimeLocal());
        out.putNextEntry(copy);
        out.write(bytes);
        out.closeEntry();
      }
    }
    if (changed) {
      Files.move(packed, jar, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(packed);
    }
  }

  private static byte[] renewed(ClassFile classFile, ClassModel model) {
    return classFile.transformClass(
        model,
        ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
            .andThen(ClassTransform.endHandler(c -> c.withVersion(ClassFile.JAVA_8_VERSION, 0))));
  }
}
