package org.dmsalvage.replay.evidence;

import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.replay.recovery.Recovery;
import org.jspecify.annotations.Nullable;

/**
 * All that a recovery leaves behind as proof.
 *
 * @param tool name and version
 * @param commandLine the words that the user typed
 * @param started when
 * @param finished when
 * @param exitStatus as the operating system is told
 * @param images what was read or written
 * @param recovery what was recovered
 * @param notes what the user noted about places in the images
 * @param result writes the fields of the command's own JSON document
 */
public record Evidence(
    String tool,
    List<String> commandLine,
    Instant started,
    Instant finished,
    int exitStatus,
    List<Image> images,
    Recovery recovery,
    List<Note> notes,
    Consumer<JsonDocument> result) {

  /** Keeps copies of the lists. */
  public Evidence {
    commandLine = List.copyOf(commandLine);
    images = List.copyOf(images);
    notes = List.copyOf(notes);
  }

  /**
   * What somebody noted about some bytes.
   *
   * @param image path of the image
   * @param offset first byte
   * @param length bytes
   * @param place the structure that they belong to; empty if none is known
   * @param text of the note
   */
  public record Note(String image, long offset, long length, String place, String text) {}

  /** What a command does with an image. */
  public enum Role {
    /** The cache device. */
    CACHE,
    /** The persistent log. */
    PLOG,
    /** The backing device. */
    BACKING,
    /** A file made by the command. */
    OUTPUT
  }

  /**
   * An image and its contents.
   *
   * @param role what it was used as
   * @param path as the user gave it
   * @param written whether it was a target of the command
   * @param before contents at the beginning; null for what the command made
   * @param after contents at the end; null if it could no longer be read
   */
  public record Image(
      Role role,
      String path,
      boolean written,
      @Nullable Fingerprint before,
      @Nullable Fingerprint after) {

    /** {@return whether the contents are the same before and after} */
    public boolean unchanged() {
      return before != null && after != null && before.sha256().equals(after.sha256());
    }
  }
}
