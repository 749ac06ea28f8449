package org.dmsalvage.live.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.live.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command for a running server, named and used as that of dmsetup(8). */
@Command(
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Done.",
      " 8:No server answers, or the device failed.",
      "16:Usage error: no such device, or a line or message that its target does not take."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage live create wc --control /run/c --table '0 65536 writecache s d c 4096 0'",
      "  dmsalvage live status --control /run/c",
      "  dmsalvage live message wc 0 flush --control /run/c"
    })
abstract sealed class ControlCommand implements Callable<Integer> {

  private final Console console;

  @Option(
      names = "--control",
      required = true,
      paramLabel = "FILE",
      description = "The control socket of the server, as 'live serve --control' named it.")
  private Path control = Path.of("");

  private ControlCommand(Console console) {
    this.console = console;
  }

  /** {@return what is sent to the server} */
  abstract List<String> words();

  @Override
  public Integer call() {
    ControlClient.Answer answer = ControlClient.ask(control, words());
    if (answer.status() == 0) {
      console.out().print(answer.text());
      console.out().flush();
    } else {
      console.err().println("dmsalvage: " + answer.text());
      console.err().flush();
    }
    return answer.status();
  }

  /** {@code live create}. */
  @Command(name = "create", header = "Start a device on a running server.")
  static final class Create extends ControlCommand {
    @Parameters(paramLabel = "NAME", description = "What it is called; also its export's name.")
    private String name = "";

    @Option(
        names = "--table",
        required = true,
        paramLabel = "LINE",
        description =
            "The device-mapper table line; names of devices in it begin in this directory, not in"
                + " the server's.")
    private String table = "";

    Create(Console console) {
      super(console);
    }

    @Override
    List<String> words() {
      return List.of("create", name, table, Path.of("").toAbsolutePath().toString());
    }
  }

  /** A command about one device or all. */
  abstract static sealed class Line extends ControlCommand {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "One device; all without it.")
    private String name = "";

    private final String word;

    private Line(Console console, String word) {
      super(console);
      this.word = word;
    }

    @Override
    List<String> words() {
      return name.isEmpty() ? List.of(word) : List.of(word, name);
    }
  }

  /** {@code live table}. */
  @Command(name = "table", header = "Print the table lines of devices.")
  static final class Table extends Line {
    Table(Console console) {
      super(console, "table");
    }
  }

  /** {@code live status}. */
  @Command(name = "status", header = "Print the status lines of devices.")
  static final class Status extends Line {
    Status(Console console) {
      super(console, "status");
    }
  }

  /** {@code live metrics}. */
  @Command(
      name = "metrics",
      header = "Print the figures of a server in the OpenMetrics text format.")
  static final class Figures extends ControlCommand {
    Figures(Console console) {
      super(console);
    }

    @Override
    List<String> words() {
      return List.of("metrics");
    }
  }

  /** {@code live message}. */
  @Command(name = "message", header = "Send a message to a device's target.")
  static final class Message extends ControlCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "The device.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "SECTOR", description = "Not used; 0.")
    private long sector;

    @Parameters(
        index = "2..*",
        arity = "1..*",
        paramLabel = "WORD",
        description =
            "The message. writecache: flush (write all back), flush_on_suspend, cleaner (write all"
                + " back and let nothing new in), clear_stats. writeboost: drop_caches (write all"
                + " back), clear_stat, or a tunable and its value.")
    private List<String> message = List.of();

    Message(Console console) {
      super(console);
    }

    @Override
    List<String> words() {
      if (sector != 0) {
        throw new UsageException("a device has one target, at sector 0");
      }
      List<String> words = new ArrayList<>(List.of("message", name, "0"));
      words.addAll(message);
      return words;
    }
  }

  /** A command about one device. */
  abstract static sealed class One extends ControlCommand {
    @Parameters(paramLabel = "NAME", description = "The device.")
    private String name = "";

    private final String word;

    private One(Console console, String word) {
      super(console);
      this.word = word;
    }

    @Override
    List<String> words() {
      return List.of(word, name);
    }
  }

  /** {@code live suspend}. */
  @Command(
      name = "suspend",
      header = "Make durable what a device holds, and let its requests wait.")
  static final class Suspend extends One {
    Suspend(Console console) {
      super(console, "suspend");
    }
  }

  /** {@code live resume}. */
  @Command(name = "resume", header = "Let a suspended device go on.")
  static final class Resume extends One {
    Resume(Console console) {
      super(console, "resume");
    }
  }

  /** {@code live remove}. */
  @Command(name = "remove", header = "Make durable what a device holds, and end it.")
  static final class Remove extends One {
    Remove(Console console) {
      super(console, "remove");
    }
  }
}
