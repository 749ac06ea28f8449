package org.dmsalvage.inspect.captive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of a disk may be wrapped in; recognised by content, whatever the file is called.
 *
 * <p>Sources: docs/interop/qcow2.txt, block/vmdk.c, block/vdi.c and block/vhdx.h of QEMU; RFC 1952
 * (gzip), the descriptions of the xz, Zstandard and bzip2 formats; libewf and AFFLIB.
 */
public enum Wrapping {
  /** QEMU's format. */
  QCOW2("a qcow2 image", "qemu-nbd", "qemu-utils", "qcow2"),
  /** VMware's format: one file, or a text that names others beside it. */
  VMDK("a VMDK image", "qemu-nbd", "qemu-utils", "vmdk"),
  /** VirtualBox's format. */
  VDI("a VDI image", "qemu-nbd", "qemu-utils", "vdi"),
  /** Format of Hyper-V. */
  VHDX("a VHDX image", "qemu-nbd", "qemu-utils", "vhdx"),
  /** Compressed by gzip. */
  GZIP("compressed by gzip", "gzip", "gzip", "-dc"),
  /** Compressed by xz. */
  XZ("compressed by xz", "xz", "xz-utils", "-dc"),
  /** Compressed by zstd. */
  ZSTD("compressed by zstd", "zstd", "zstd", "-dcq", "--long=31"),
  /** Compressed by bzip2. */
  BZIP2("compressed by bzip2", "bzip2", "bzip2", "-dc"),
  /** Format of EnCase and others; shown as a raw file by a program that the user starts. */
  E01("an E01 image", "ewfmount", "ewf-tools"),
  /** Advanced Forensic Format, likewise. */
  AFF("an AFF image", "affuse", "afflib-tools");

  /** Bytes from which one is recognised. */
  private static final int HEAD_BYTES = 512;

  private final String title;
  private final String program;
  private final String debianPackage;

  @SuppressWarnings("ImmutableEnumChecker") // List.of makes it
  private final List<String> arguments;

  Wrapping(String title, String program, String debianPackage, String... arguments) {
    this.title = title;
    this.program = program;
    this.debianPackage = debianPackage;
    this.arguments = List.of(arguments);
  }

  /** {@return what an image is, in words} */
  public String title() {
    return title;
  }

  /** {@return the program that reads it} */
  public String program() {
    return program;
  }

  /** {@return what the user can do to have the disk in it written} */
  public String writable() {
    return isVirtualDisk()
        ? "serve it with 'qemu-nbd --format=" + arguments.getFirst() + "' and name its nbd:// URI"
        : "unpack it first";
  }

  /** {@return who has that program} */
  String debianPackage() {
    return debianPackage;
  }

  /** {@return the name of the format, or the options, for that program} */
  List<String> arguments() {
    return arguments;
  }

  /** {@return whether it is a virtual disk that qemu-nbd reads} */
  boolean isVirtualDisk() {
    return program.equals("qemu-nbd");
  }

  /** {@return whether it is a stream that has to be decompressed} */
  boolean isCompressed() {
    return !arguments.isEmpty() && arguments.getFirst().startsWith("-");
  }

  /**
   * {@return what a file is wrapped in; empty if it is raw, or no file}
   *
   * <p>A block device is always raw: what begins with the magic of a format there is what the
   * device holds.
   */
  public static Optional<Wrapping> of(String name) {
    ByteBuffer head = head(name);
    return head == null ? Optional.empty() : of(head);
  }

  private static @Nullable ByteBuffer head(String name) {
    try {
      Path path = Path.of(name);
      if (!Files.isRegularFile(path)) {
        return null;
      }
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (head.hasRemaining() && channel.read(head, head.position()) > 0) {
          // A file may be shorter; what is not there is zero.
        }
        return head.clear();
      }
    } catch (IOException | InvalidPathException _) {
      return null;
    }
  }

  /** {@return what the first 512 bytes of a file show; empty if nothing} */
  static Optional<Wrapping> of(ByteBuffer head) {
    if (begins(head, "QFI\u00fb") && (head.get(7) == 2 || head.get(7) == 3) && head.get(4) == 0) {
      return Optional.of(QCOW2);
    }
    if (begins(head, "KDMV") || begins(head, "COWD") || begins(head, "# Disk DescriptorFile")) {
      return Optional.of(VMDK);
    }
    if (head.getInt(0x40) == 0xbeda107f) {
      return Optional.of(VDI);
    }
    if (begins(head, "vhdxfile")) {
      return Optional.of(VHDX);
    }
    // Reserved flags are zero, and the byte behind the time says how hard it tried.
    if (begins(head, "\u001f\u008b\b")
        && (head.get(3) & 0xe0) == 0
        && (head.get(8) == 0 || head.get(8) == 2 || head.get(8) == 4)) {
      return Optional.of(GZIP);
    }
    if (begins(head, "\u00fd7zXZ\0")) {
      return Optional.of(XZ);
    }
    if (begins(head, "(\u00b5/\u00fd")) {
      return Optional.of(ZSTD);
    }
    if (begins(head, "BZh") && head.getInt(4) == 0x26594131) {
      return Optional.of(BZIP2);
    }
    if (begins(head, "EVF\t\r\n\u00ff\0") || begins(head, "EVF2\r\n\u0081\0")) {
      return Optional.of(E01);
    }
    if (begins(head, "AFF10\r\n\0")) {
      return Optional.of(AFF);
    }
    return Optional.empty();
  }

  private static boolean begins(ByteBuffer head, String magic) {
    for (int i = 0; i < magic.length(); i++) {
      if ((head.get(i) & 0xff) != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
