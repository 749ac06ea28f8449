package org.dmsalvage.replay.evidence;

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
import org.dmsalvage.inspect.nbd.NbdUri;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.replay.recovery.Recovery;
import org.jspecify.annotations.Nullable;

/** Gathers the evidence of a command: images are hashed before it begins and after it has ended. */
public final class Recorder {

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
  public Recorder(Path directory, OpenRequest images, Progress progress) {
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
   * What was done.
   *
   * @param tool name and version of the program
   * @param words of the command, or of one that does the same
   * @param recovery what was recovered
   * @param status how it ends
   * @param written the images that it wrote
   * @param output the file that it made, or the URI of the export that it overwrote; null if none
   * @param notes what the user noted about places
   * @param result writes the fields of the command's JSON document
   */
  public record Done(
      String tool,
      List<String> words,
      Recovery recovery,
      ExitStatus status,
      Set<Evidence.Role> written,
      @Nullable String output,
      List<Evidence.Note> notes,
      Consumer<JsonDocument> result) {}

  /**
   * Writes the record.
   *
   * @throws org.dmsalvage.inspect.error.OutputException if it cannot be written
   */
  public void finish(Done done) {
    List<Evidence.Image> images = new ArrayList<>();
    sources.forEach(
        (role, source) ->
            images.add(
                new Evidence.Image(
                    role,
                    source.name(),
                    done.written.contains(role),
                    before.get(role),
                    Fingerprint.of(source, progress))));
    String output = done.output;
    if (output != null) {
      boolean export = NbdUri.matches(output);
      try (BlockSource made = export ? Sources.open(output) : Images.open(output)) {
        Fingerprint after = Fingerprint.of(made, progress);
        images.add(new Evidence.Image(Evidence.Role.OUTPUT, output, true, null, after));
      }
    }
    EvidenceReport.write(
        directory,
        new Evidence(
            done.tool,
            done.words,
            started,
            Instant.now(),
            done.status.code(),
            images,
            done.recovery,
            done.notes,
            done.result));
  }
}
