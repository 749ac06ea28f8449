package org.dmsalvage.live.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.cli.Application;

/** {@code live serve} in a process of its own, which can be terminated and killed. */
final class ServerProcess implements AutoCloseable {

  private final Process process;
  private final Path errors;
  private final String announced;

  /** The program, as far as this module has it. */
  static final class Main {
    private Main() {}

    /** Runs a command of live mode. */
    public static void main(String[] arguments) {
      Application.main(console -> List.of(LiveCommand.create(console)), arguments);
    }
  }

  /** {@return a command line of the program} */
  static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.add("live");
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts it and waits until it serves. */
  ServerProcess(Path directory, List<String> arguments) throws IOException {
    this(directory, List.of(), arguments);
  }

  /** Starts it with the words of another command before its own. */
  ServerProcess(Path directory, List<String> before, List<String> arguments) throws IOException {
    errors = Files.createTempFile(directory, "server", ".err");
    List<String> command = new ArrayList<>(before);
    command.addAll(command("serve"));
    command.addAll(arguments);
    process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    BufferedReader lines = process.inputReader();
    String line = lines.readLine();
    if (line == null) {
      throw new IOException("it does not serve: " + Files.readString(errors));
    }
    announced = line;
  }

  /** The line that it printed first. */
  String announced() {
    return announced;
  }

  /** What it complained about. */
  String errors() throws IOException {
    return Files.readString(errors);
  }

  /** Sends SIGTERM, and gives the exit status. */
  int terminate() {
    process.destroy();
    return process.onExit().join().exitValue();
  }

  /** Sends SIGKILL. */
  void kill() {
    Process _ = process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
