package org.dmsalvage.repair.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.replay.cli.UndoCommand;

/**
 * One run of the program inside the test.
 *
 * @param status its exit status
 * @param out what it printed on standard output
 * @param err what it printed on standard error
 */
record Run(int status, String out, String err) {

  static Run of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console = Console.plain(new PrintWriter(out), new PrintWriter(err));
    int status = Application.run(console, Run::commands, arguments);
    console.out().flush();
    console.err().flush();
    return new Run(status, out.toString(), err.toString());
  }

  private static List<Object> commands(Console console) {
    return List.of(new RepairCommand(console), new UndoCommand(console));
  }
}
