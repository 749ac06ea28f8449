package org.dmsalvage.inspect.captive;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.nbd.NbdClient;
import org.dmsalvage.inspect.nbd.NbdSource;
import org.jspecify.annotations.Nullable;

/** Opens images through the programs that understand them. */
public final class CaptiveImages {

  /** Serves an image on a socket in the directory. */
  private static final String SERVE = "d=$1; shift; exec \"$@\" -k \"$d/socket\"";

  /** Decompresses an image into the directory; zeros become holes. */
  private static final String DECOMPRESS =
      """
      d=$1; image=$2; shift 2
      { "$@" <"$image" || : >"$d/failed"; } \\
        | dd of="$d/raw" bs=128k iflag=fullblock conv=sparse status=none || exit 1
      test ! -e "$d/failed"
      """;

  private static final long PAUSE_MILLIS = 10;
  private static final int MOST_PAUSES = 3000;

  /** Room that is left to others where temporary files lie. */
  private static final long LEAST_SPACE = 64 << 20;

  private CaptiveImages() {}

  /**
   * Opens an image read-only.
   *
   * @param name path of the image
   * @param wrapping what it is, see {@link Wrapping#of(String)}
   * @return the disk in it
   * @throws UnsupportedImageException if the program that reads it is missing, or it needs other
   *     files
   * @throws UnreadableException if the program cannot read it
   */
  public static BlockSource open(String name, Wrapping wrapping) {
    if (!wrapping.isVirtualDisk() && !wrapping.isCompressed()) {
      throw new UnsupportedImageException(
          name,
          "is %s: '%s %s DIRECTORY' (Debian package %s) shows it as a raw file, which can be named"
              .formatted(wrapping.title(), wrapping.program(), name, wrapping.debianPackage()));
    }
    Programs.require(name, wrapping);
    String path = Path.of(name).toAbsolutePath().toString();
    try {
      if (wrapping.isCompressed()) {
        return decompressed(name, path, wrapping);
      }
      References.refuse(name, wrapping);
      return served(name, path, wrapping);
    } catch (IOException e) {
      throw failed(name, wrapping, String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new UnreadableException(name, "interrupted");
    }
  }

  private static UnreadableException failed(String name, Wrapping wrapping, String why) {
    return new UnreadableException(
        name, "is %s that %s cannot read: %s".formatted(wrapping.title(), wrapping.program(), why));
  }

  private static BlockSource served(String name, String path, Wrapping wrapping)
      throws IOException, InterruptedException {
    Captive server =
        new Captive(
            SERVE,
            List.of(
                wrapping.program(),
                "--read-only",
                "--persistent",
                "--shared=8",
                "--format=" + wrapping.arguments().getFirst(),
                path));
    try {
      NbdClient client = connect(server);
      if (client != null) {
        return new NbdSource(name, client, server::close);
      }
      String why = server.ended() ? "exit status " + server.status() : "it does not answer";
      server.close();
      throw failed(name, wrapping, server.said().isEmpty() ? why : server.said());
    } catch (InterruptedException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Null if the program ended, or does not listen; one that fails may listen for a moment. */
  private static @Nullable NbdClient connect(Captive server) throws InterruptedException {
    String socket = server.directory() + "/socket";
    for (int i = 0; i < MOST_PAUSES && !server.ended(); i++) {
      if (Files.exists(Path.of(socket))) {
        try {
          return new NbdClient(
              "nbd+unix:///?socket=" + URLEncoder.encode(socket, StandardCharsets.UTF_8));
        } catch (IOException _) {
          // Tried again, unless it has ended.
        }
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    return null;
  }

  private static BlockSource decompressed(String name, String path, Wrapping wrapping)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(path, wrapping.program()));
    arguments.addAll(wrapping.arguments());
    try (Captive program = new Captive(DECOMPRESS, arguments)) {
      Path directory = Path.of(program.directory());
      while (!program.ended()) {
        if (Files.getFileStore(directory).getUsableSpace() < LEAST_SPACE) {
          throw new UnreadableException(
              name,
              "is %s, and there is no room for what is in it in %s (TMPDIR says where)"
                  .formatted(wrapping.title(), directory.getParent()));
        }
        Thread.sleep(PAUSE_MILLIS);
      }
      if (program.status() != 0) {
        throw failed(name, wrapping, program.said());
      }
      BlockSource raw = Images.openAs(name, directory.resolve("raw"));
      // What finds holes opens the file for itself, which has to be before it has no name.
      long _ = raw.nextData(0);
      return raw;
    }
  }
}
