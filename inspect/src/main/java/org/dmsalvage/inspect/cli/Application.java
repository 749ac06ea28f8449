package org.dmsalvage.inspect.cli;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** Runs commands: parses, calls, and turns every ending into a message and an exit status. */
public final class Application {

  /** The program. */
  public static final String NAME = "dmsalvage";

  /** How long a cancelled command may take to clean up behind itself. */
  private static final long CLEAN_UP_SECONDS = 20;

  private Application() {}

  /** The command above all commands. */
  @Command(
      name = NAME,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      synopsisSubcommandLabel = "COMMAND",
      subcommands = HelpCommand.class,
      header = "Forensics and recovery for crashed Linux device-mapper caches.",
      description = {
        "%nReads dm-writeboost (2013, 2014 with and without persistent log, 2.x), dm-writecache and"
            + " dm-insitu-comp devices without the kernel; shows what they hold, and recovers it.",
        "Inputs are opened read-only.%n"
      },
      exitCodeListHeading = "%nExit status:%n",
      exitCodeList = {
        " 0:Nothing wrong; what was asked for was done.",
        " 1:Errors were corrected.",
        " 4:Errors left uncorrected; data is lost or at risk.",
        " 8:Operational error: unreadable input, full disk, unknown format.",
        "16:Usage error.",
        "32:Cancelled."
      })
  static final class Top {}

  /**
   * {@return the version of the program}
   *
   * @throws IOException if the jar cannot be read
   */
  public static String version() throws IOException {
    try (var in = Application.class.getResourceAsStream("version.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  /** Says the version, and what can be read. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      return new String[] {
        NAME + " " + version(),
        "reads writeboost-2013, writeboost-2014 (type 0 and 1), writeboost-2 (2.x),",
        "      writecache (1.0.0 to 1.6.0), insitu (dm-insitu-comp v3)"
      };
    }
  }

  /** Makes the commands for a console. */
  @FunctionalInterface
  public interface Commands {
    /** {@return the commands, annotated for picocli, in the order of the help} */
    List<Object> forConsole(Console console);
  }

  /** {@return the whole command line with the given commands} */
  public static CommandLine commandLine(Console console, Commands commands) {
    CommandLine line = new CommandLine(new Top());
    commands.forConsole(console).forEach(line::addSubcommand);
    line.setOut(unflushed(console.out()));
    line.setErr(console.err());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(console.outIsTerminal());
    line.getCommandSpec().exitCodeOnInvalidInput(ExitStatus.USAGE.code());
    line.getSubcommands()
        .values()
        .forEach(c -> c.getCommandSpec().exitCodeOnInvalidInput(ExitStatus.USAGE.code()));
    line.setParameterExceptionHandler((e, _) -> usageError(e));
    line.setExecutionExceptionHandler((e, failed, _) -> failure(console, failed, e));
    return line;
  }

  /** Describing all commands to picocli takes longer than what many of them do. */
  private static Commands named(Commands commands, String... arguments) {
    return console -> {
      List<Object> all = commands.forConsole(console);
      return all.stream()
          .filter(command -> arguments.length > 0 && name(command).equals(arguments[0]))
          .findFirst()
          .map(List::of)
          .orElse(all);
    };
  }

  private static String name(Object command) {
    return command instanceof CommandLine line
        ? line.getCommandName()
        : command.getClass().getAnnotation(Command.class).name();
  }

  /**
   * Runs one command.
   *
   * @return the exit status
   */
  public static int run(Console console, Commands commands, String... arguments) {
    try {
      CommandLine line = commandLine(console, named(commands, arguments));
      int status = arguments.length == 0 ? line.execute("help") : line.execute(arguments);
      console.out().flush();
      return arguments.length == 0 ? ExitStatus.USAGE.code() : status;
    } catch (ClosedPipeException _) {
      return ExitStatus.OK.code();
    } catch (OutputException e) {
      return complain(console, e.getMessage(), e.exitStatus());
    }
  }

  /** Runs one command on the process's own streams and ends the process. */
  public static void main(Commands commands, String... arguments) {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger ending = new AtomicInteger(ExitStatus.CANCELLED.code());
    CountDownLatch done = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> interrupted(stop, done, ending), "cancel"));
    PrintWriter out =
        new PrintWriter(
            new OutputStreamWriter(
                new BufferedOutputStream(
                    new StandardOutput(new FileOutputStream(FileDescriptor.out)), 1 << 16),
                StandardCharsets.UTF_8));
    PrintWriter err =
        new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    Optional<BufferedReader> keyboard =
        isTerminal(0) && isTerminal(2) ? Optional.of(keyboard()) : Optional.empty();
    Console console = new Console(out, err, isTerminal(1), isTerminal(2), stop, keyboard);
    int status = ExitStatus.OPERATIONAL.code();
    try {
      status = run(console, commands, arguments);
    } finally {
      err.flush();
      ending.set(status);
      done.countDown();
    }
    if (stop.get()) {
      // The hook waits for this thread and ends the process itself.
      return;
    }
    Runtime.getRuntime().halt(status);
  }

  private static BufferedReader keyboard() {
    return new BufferedReader(
        new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8));
  }

  /** Help is flushed with everything else, where a closed pipe is no error. */
  private static PrintWriter unflushed(PrintWriter out) {
    return new PrintWriter(out) {
      @Override
      public void flush() {}
    };
  }

  /** A command that ends by itself all the same, as a server does, keeps its status. */
  private static void interrupted(AtomicBoolean stop, CountDownLatch done, AtomicInteger ending) {
    stop.set(true);
    try {
      boolean _ = done.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(ending.get());
  }

  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException _) {
      return false;
    }
  }

  private static int usageError(ParameterException e) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(NAME + ": " + e.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return ExitStatus.USAGE.code();
  }

  private static int failure(Console console, CommandLine command, Exception e) {
    boolean debug =
        command.getCommandSpec().mixins().values().stream()
            .anyMatch(m -> m.userObject() instanceof CommonOptions options && options.debug);
    if (debug && !(e instanceof ClosedPipeException)) {
      e.printStackTrace(console.err());
    }
    return switch (e) {
      case ClosedPipeException _ -> ExitStatus.OK.code();
      case SalvageException known -> complain(console, known.getMessage(), known.exitStatus());
      case InvalidPathException name ->
          complain(
              console,
              "a file name cannot be used in this locale (%s); LC_ALL=C.UTF-8 can name any file"
                  .formatted(name.getReason()),
              ExitStatus.USAGE);
      default ->
          complain(
              console,
              "internal error: "
                  + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
                  + (debug ? "" : " (--debug shows where)"),
              ExitStatus.OPERATIONAL);
    };
  }

  private static int complain(Console console, @Nullable String message, ExitStatus status) {
    if (console.stop().get() && status != ExitStatus.CANCELLED) {
      return complain(
          console, new CancelledException("interrupted").getMessage(), ExitStatus.CANCELLED);
    }
    console.err().println(NAME + ": " + message);
    console.err().flush();
    return status.code();
  }
}
