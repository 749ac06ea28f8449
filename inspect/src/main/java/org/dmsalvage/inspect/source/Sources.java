package org.dmsalvage.inspect.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.captive.CaptiveImages;
import org.dmsalvage.inspect.captive.Wrapping;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.nbd.NbdSource;
import org.dmsalvage.inspect.nbd.NbdUri;

/** Opens images of every kind: files, devices, exports of NBD servers, virtual disks. */
public final class Sources {

  private Sources() {}

  /**
   * Opens an image read-only.
   *
   * @param name path of a file or block device, or URI of an export
   * @throws UnreadableException if it cannot be read
   * @throws UnsupportedImageException if the program that reads it is missing
   */
  public static BlockSource open(String name) {
    if (NbdUri.matches(name)) {
      return new NbdSource(name);
    }
    Optional<Wrapping> wrapping = wrapping(name);
    return wrapping.isPresent() ? CaptiveImages.open(name, wrapping.get()) : Images.open(name);
  }

  /** {@return what the bytes of a file are wrapped in; empty if it has them as they are} */
  public static Optional<Wrapping> wrapping(String name) {
    return NbdUri.matches(name) || Images.isSplit(name) ? Optional.empty() : Wrapping.of(name);
  }

  /** {@return whether a name stands for one file or device that holds the bytes as they are} */
  public static boolean isPlain(String name) {
    return !NbdUri.matches(name) && !Images.isSplit(name) && Wrapping.of(name).isEmpty();
  }

  /**
   * Makes sure that a file which is about to be written is none of those that are read.
   *
   * @param file that will be written; need not exist
   * @param inputs images as {@link #open} takes them; all parts of a split one count, under
   *     whatever name
   * @throws OutputException if it is one of them, or that cannot be found out
   */
  public static void refuseInput(Path file, List<String> inputs) {
    for (String input : inputs) {
      if (!NbdUri.matches(input) && Files.exists(file)) {
        for (Path part : Images.files(input)) {
          refuseSame(file, part);
        }
      }
    }
  }

  private static void refuseSame(Path file, Path input) {
    try {
      if (Files.isSameFile(file, input)) {
        throw new OutputException(file.toString(), "is an input of this command");
      }
    } catch (IOException e) {
      throw new OutputException(file.toString(), "cannot compare with " + input, e);
    }
  }
}
