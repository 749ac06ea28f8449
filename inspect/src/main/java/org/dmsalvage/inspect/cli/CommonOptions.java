package org.dmsalvage.inspect.cli;

import java.util.Locale;
import picocli.CommandLine.Option;

/** Options that every command takes. */
public final class CommonOptions {

  /** When something is shown. */
  public enum When {
    /** When the output is a terminal. */
    AUTO,
    /** Always. */
    ALWAYS,
    /** Never. */
    NEVER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--progress",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "Show progress on standard error: ${COMPLETION-CANDIDATES}.")
  When progress = When.AUTO;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "Colour the report: ${COMPLETION-CANDIDATES}.")
  When colour = When.AUTO;

  @Option(
      names = {"-q", "--quiet"},
      description = "No warnings and no progress.")
  boolean quiet;

  @Option(names = "--debug", description = "Show the stack trace of a failure.")
  boolean debug;

  @Option(names = "--json", description = "Print one JSON document instead of text.")
  boolean json;

  /** {@return whether the result is to be JSON} */
  public boolean json() {
    return json;
  }
}
