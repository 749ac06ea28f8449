package org.dmsalvage.gui.app;

import java.util.List;
import org.dmsalvage.gui.cli.GuiCommand;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.CheckCommand;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.InspectCommand;
import org.dmsalvage.live.cli.LiveCommand;
import org.dmsalvage.repair.cli.RepairCommand;
import org.dmsalvage.replay.cli.DemoCommand;
import org.dmsalvage.replay.cli.DiffCommand;
import org.dmsalvage.replay.cli.FlushCommand;
import org.dmsalvage.replay.cli.PackCommand;
import org.dmsalvage.replay.cli.ReplayCommand;
import org.dmsalvage.replay.cli.ReplayWinners;
import org.dmsalvage.replay.cli.UndoCommand;
import org.dmsalvage.replay.cli.UnpackCommand;

/** The program {@code dmsalvage}. */
public final class Main {

  private Main() {}

  /** Runs one command and ends the process with its exit status. */
  public static void main(String[] arguments) {
    Application.main(Main::commands, arguments);
  }

  /** {@return the commands of all modules, in the order of the help} */
  static List<Object> commands(Console console) {
    return List.of(
        new InspectCommand(console, new ReplayWinners()),
        new CheckCommand(console),
        new ReplayCommand(console),
        new DiffCommand(console),
        new FlushCommand(console),
        new RepairCommand(console),
        new UndoCommand(console),
        new PackCommand(console),
        new UnpackCommand(console),
        LiveCommand.create(console),
        new GuiCommand(),
        new DemoCommand(console));
  }
}
