package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code dmsalvage demo}: recovers a really crashed cache that travels with the program, and judges
 * the result, sector by sector, by the log of what was written.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    header = "Recover an embedded, really crashed cache, and verify the result.",
    description = {
      "%nUnpacks a cache that the driver's own code left behind when its machine died, shows what"
          + " the driver would make of it, recovers it, and compares every sector with the log of"
          + " what had been written.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Every durable sector was recovered.",
      " 4:One was not.",
      " 8:The images cannot be unpacked."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  dmsalvage demo", "  dmsalvage demo --directory /tmp/demo"})
public final class DemoCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Unpack to DIR, leave everything there, and try other commands on it.")
  private @Nullable Path directory;

  /** Makes the command. */
  public DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Style style = console.style(common);
    Demo demo = new Demo(new TextReport(console.out(), style), style, console.progress(common));
    return demo.run(directory).code();
  }
}
