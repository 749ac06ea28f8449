package org.dmsalvage.gui.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.view.Gui;
import org.dmsalvage.inspect.error.UsageException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dmsalvage gui}: shows caches in windows. */
@Command(
    name = "gui",
    mixinStandardHelpOptions = true,
    header = "Browse caches in a window: structures, bytes, fields, findings.",
    description = {
      "%nOpens a window for each IMAGE; without one, a window that asks for it. Images are opened"
          + " read-only; nothing is written to them unless a recovery in place is asked for.",
      "Every command of the window is found with Ctrl+K.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:All windows were closed.",
      " 8:No window could be opened.",
      "16:Usage error."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage gui cache.img --backing disk.img",
      "  dmsalvage gui disk1.img disk2.img --volume vg/data",
      "  dmsalvage gui /dev/nvme0n1p3 --plog /dev/pmem0"
    })
public final class GuiCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..*",
      paramLabel = "IMAGE",
      description = "Cache images or devices; of a split image the first part.")
  private List<String> images = List.of();

  @Option(
      names = "--plog",
      paramLabel = "PLOG",
      description = "Persistent log device of a writeboost of type 1; with one IMAGE only.")
  private @Nullable String plog;

  @Option(
      names = "--backing",
      paramLabel = "BACKING",
      description = "Backing device; with one IMAGE only.")
  private @Nullable String backing;

  @Option(
      names = "--volume",
      paramLabel = "NAME",
      description =
          "Take all IMAGEs for the disks of one machine, and open a volume on them: a partition by"
              + " its number, or a logical volume of LVM2 as GROUP/VOLUME. Without it, the window"
              + " shows the volumes of a disk and asks.")
  private @Nullable String volume;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "Do not detect the format of IMAGE.")
  private @Nullable String format;

  @Option(
      names = "--forget",
      description =
          "Neither read nor write what the browser remembers (theme, size, recent images) in"
              + " $XDG_CONFIG_HOME/dmsalvage/gui.properties.")
  private boolean forget;

  /** Makes the command. */
  public GuiCommand() {}

  @Override
  public Integer call() {
    if (images.size() != 1 && volume == null && (plog != null || backing != null)) {
      throw new UsageException("--plog and --backing go with exactly one IMAGE");
    }
    if (images.isEmpty() && volume != null) {
      throw new UsageException("--volume needs the disks on which it lies");
    }
    Gui.run(sessions(), forget ? Settings.none() : Settings.of(Settings.usualFile()));
    return 0;
  }

  private List<Session.Paths> sessions() {
    return volume == null
        ? images.stream().map(i -> new Session.Paths(i, plog, backing, format)).toList()
        : List.of(
            new Session.Paths(
                images.getFirst(),
                plog,
                backing,
                format,
                images.subList(1, images.size()),
                volume,
                null,
                null));
  }
}
