package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.replay.evidence.Evidence;
import org.dmsalvage.replay.evidence.EvidenceReport;
import org.dmsalvage.replay.evidence.Fingerprint;
import org.dmsalvage.replay.recovery.Recovery;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Gathers the evidence of a command: images are hashed before it begins and after it has ended. */
final class Recorder {

  private final Path directory;
  private final Progress progress;
  private final Instant started = Instant.now();
  private final Map<Evidence.Role, BlockSource> sources = new EnumMap<>(Evidence.Role.class);
  private final Map<Evidence.Role, Fingerprint> before = new EnumMap<>(Evidence.Role.class);

  /**
   * Begins a record.
   *
   * @param directory where it will be; must not exist, or be empty
   * @param images what the command reads or writes
   * @param progress told about bytes hashed
   */
  Recorder(Path directory, OpenRequest images, Progress progress) {
    this.directory = directory;
    this.progress = progress;
    EvidenceReport.prepare(directory);
    sources.put(Evidence.Role.CACHE, images.cache());
    if (images.plog() != null) {
      sources.put(Evidence.Role.PLOG, images.plog());
    }
    if (images.backing() != null) {
      sources.put(Evidence.Role.BACKING, images.backing());
    }
    sources.forEach((role, source) -> before.put(role, Fingerprint.of(source, progress)));
  }

  /**
   * Writes the record.
   *
   * @param command which command it was
   * @param recovery what was recovered
   * @param status how the command ends
   * @param written the images that it wrote
   * @param output the file that it made; null if none
   * @param result writes the fields of the command's JSON document
   */
  void finish(
      CommandSpec command,
      Recovery recovery,
      ExitStatus status,
      Set<Evidence.Role> written,
      @Nullable Path output,
      Consumer<JsonDocument> result) {
    List<Evidence.Image> images = new ArrayList<>();
    sources.forEach(
        (role, source) ->
            images.add(
                new Evidence.Image(
                    role,
                    source.name(),
                    written.contains(role),
                    before.get(role),
                    Fingerprint.of(source, progress))));
    if (output != null) {
      try (BlockSource made = Images.open(output.toString())) {
        Fingerprint after = Fingerprint.of(made, progress);
        images.add(new Evidence.Image(Evidence.Role.OUTPUT, output.toString(), true, null, after));
      }
    }
    List<String> words = new ArrayList<>(List.of(command.root().name()));
    words.addAll(command.root().commandLine().getParseResult().originalArgs());
    EvidenceReport.write(
        directory,
        new Evidence(
            tool(command), words, started, Instant.now(), status.code(), images, recovery, result));
  }

  private static String tool(CommandSpec command) {
    String[] lines = command.root().version();
    return lines.length == 0 ? command.root().name() : lines[0];
  }
}
