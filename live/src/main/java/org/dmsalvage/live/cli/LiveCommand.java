package org.dmsalvage.live.cli;

import java.util.List;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.ExitStatus;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dmsalvage live}: the commands of live mode. */
@Command(
    name = "live",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    header = "Serve recovered devices, and run caches, for other programs.",
    description =
        "%nServes block devices over the NBD protocol, which qemu, libnbd, fio and the Linux kernel"
            + " speak.%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"16:Usage error.", "Otherwise that of the command."},
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage live serve --read-only cache.img --backing disk.img",
      "  dmsalvage live serve --table '0 65536 writecache s disk.img cache.img 4096 0'"
    })
public final class LiveCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  private LiveCommand() {}

  /** {@return the command with those below it} */
  public static CommandLine create(Console console) {
    CommandLine line = new CommandLine(new LiveCommand());
    CommandLine serve = new CommandLine(new ServeCommand(console));
    serve.getCommandSpec().positionalParameters().stream()
        .toList()
        .forEach(parameter -> makeOptional(serve.getCommandSpec(), parameter));
    line.addSubcommand(serve);
    List.of(
            new ControlCommand.Create(console),
            new ControlCommand.Table(console),
            new ControlCommand.Status(console),
            new ControlCommand.Message(console),
            new ControlCommand.Suspend(console),
            new ControlCommand.Resume(console),
            new ControlCommand.Remove(console),
            new ControlCommand.Figures(console),
            new TopCommand(console))
        .forEach(line::addSubcommand);
    line.getSubcommands()
        .values()
        .forEach(c -> c.getCommandSpec().exitCodeOnInvalidInput(ExitStatus.USAGE.code()));
    return line;
  }

  /** A device that a table line describes needs no image. */
  private static void makeOptional(CommandSpec command, PositionalParamSpec parameter) {
    command.remove(parameter);
    command.addPositional(
        PositionalParamSpec.builder(parameter).required(false).arity("0..1").build());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing required subcommand");
  }
}
