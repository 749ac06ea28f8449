package org.dmsalvage.gui.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ITypeInfo;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/** Writes the man pages (as AsciiDoc) and the shells' completion of all commands, for the build. */
final class Documentation {

  /** What the placeholders of arguments are called whose values are files. */
  private static final Set<String> FILES =
      Set.of("CACHE", "DISK", "IMAGE", "PLOG", "BACKING", "FILE");

  private static final Pattern HEADING = Pattern.compile("^== +(.*):$", Pattern.MULTILINE);

  private Documentation() {}

  /** Writes the pages into the directory of the first argument, completion below the second. */
  public static void main(String[] arguments) throws IOException {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    CommandLine line = Application.commandLine(Console.plain(nowhere, nowhere), Main::commands);
    writePages(line.getCommandSpec(), Path.of(arguments[0]));
    line.getSubcommands().values().forEach(c -> completeFiles(c.getCommandSpec()));
    writeCompletion(line, Path.of(arguments[1]));
  }

  private static void writePages(CommandSpec command, Path directory) throws IOException {
    Files.createDirectories(directory);
    boolean[] quiet = {};
    if (ManPageGenerator.generateManPage(directory.toFile(), null, quiet, false, command) != 0) {
      throw new IOException("no man pages were made");
    }
    try (DirectoryStream<Path> pages = Files.newDirectoryStream(directory, "*.adoc")) {
      for (Path page : pages) {
        // The headings of the help end in a colon, those of a man page do not.
        String text = HEADING.matcher(Files.readString(page)).replaceAll("== $1");
        boolean citesRules = page.getFileName().toString().contains("-replay.");
        Files.writeString(page, citesRules ? text + rules() : text);
      }
    }
  }

  /** What messages mean by "rule W14", as a section of a man page. */
  private static String rules() {
    return Arrays.stream(Rule.values())
        .map(rule -> "*%s*::%n  %s%n".formatted(rule, rule.meaning()))
        .collect(Collectors.joining("", "%n== Rules of the drivers%n%n".formatted(), ""));
  }

  /**
   * Makes the arguments that name images look like files to the generator: they are strings, for a
   * device need not be a file.
   */
  private static void completeFiles(CommandSpec command) {
    ITypeInfo path = OptionSpec.builder("--path").type(Path.class).build().typeInfo();
    for (OptionSpec option : List.copyOf(command.options())) {
      if (isFile(option)) {
        command.remove(option);
        command.addOption(OptionSpec.builder(option).typeInfo(path).build());
      }
    }
    for (PositionalParamSpec parameter : List.copyOf(command.positionalParameters())) {
      if (isFile(parameter)) {
        command.remove(parameter);
        command.addPositional(PositionalParamSpec.builder(parameter).typeInfo(path).build());
      }
    }
  }

  private static boolean isFile(ArgSpec argument) {
    return argument.type() == String.class && FILES.contains(argument.paramLabel());
  }

  private static void writeCompletion(CommandLine line, Path share) throws IOException {
    String name = line.getCommandName();
    String bash = AutoComplete.bash(name, line);
    write(share.resolve("bash-completion/completions").resolve(name), bash);
    // zsh runs this file at the first use: it defines the functions, then has to answer as well.
    // It knows no compopt, and the alias that the script makes does not count in such a file.
    String zsh =
        """
        #compdef %s
        autoload -U +X bashcompinit && bashcompinit
        compopt() { :; }
        %s
        _bash_complete -o default -F _complete_%s
        """
            .formatted(name, bash, name);
    write(share.resolve("zsh/site-functions").resolve("_" + name), zsh);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
