package org.dmsalvage.inspect.cli;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --history} tells of one copy of a sector beyond where it stands.
 *
 * @param proof whether anything proves that the bytes are those once written
 * @param standing why it shows or does not show under salvage
 * @param hash the first 8 bytes of the SHA-256 of the sector, in hexadecimal; null if it cannot be
 *     read as it stands, as in a compressed extent
 * @param onBacking whether the backing device holds the same bytes; null if that is not known
 */
public record VersionStory(
    String proof, String standing, @Nullable String hash, @Nullable Boolean onBacking) {

  private static final int HASH_BYTES = 8;

  /**
   * Tells the story of each copy.
   *
   * @param request the images
   * @param sector address on the logical device, in sectors
   * @param versions the copies, oldest first
   * @param winners what each policy shows
   * @return one for each copy, in their order
   */
  public static List<VersionStory> of(
      OpenRequest request,
      long sector,
      List<SectorVersion> versions,
      List<PolicyWinners.Winner> winners) {
    BlockSource backing = request.backing();
    ByteBuffer below = backing == null ? null : read(backing, sector * BlockSource.SECTOR_BYTES);
    SectorVersion shown = null;
    for (SectorVersion version : versions) {
      shown = shows(version, winners) ? version : shown;
    }
    List<VersionStory> stories = new ArrayList<>();
    for (SectorVersion version : versions) {
      ByteBuffer bytes = bytes(request, version);
      stories.add(
          new VersionStory(
              proof(String.valueOf(request.format()), version.state()),
              standing(version, shown, winners),
              bytes == null ? null : hash(bytes),
              (bytes == null || below == null) ? null : (Boolean) bytes.equals(below)));
    }
    return stories;
  }

  private static boolean shows(SectorVersion version, List<PolicyWinners.Winner> winners) {
    return winners.stream()
        .anyMatch(
            winner ->
                winner.policy().equals("salvage")
                    && version.image().equals(winner.image())
                    && version.offset() == winner.offset());
  }

  private static String proof(String format, String state) {
    if (format.equals("insitu")) {
      return state.equals("ok") ? "its extent unpacks to its exact size" : "none";
    }
    return switch (state) {
      case "sealed" ->
          format.equals("writeboost-2013")
              ? "its laps agree; the format has no checksum"
              : "its checksum is right";
      case "good", "stale" -> "its checksum is right";
      case "torn", "implausible" -> "broken: it does not fit its checksum or its laps";
      case "partly-readable", "unreadable", "unchecked" -> "cannot be read as a whole";
      case "committed", "superseded", "ambiguous" -> "committed; the format has no checksum";
      case "uncommitted" -> "none: never committed";
      case "free" -> "none: freed, the block may have been used since";
      default -> "none";
    };
  }

  private static String standing(
      SectorVersion version, @Nullable SectorVersion shown, List<PolicyWinners.Winner> winners) {
    if (shows(version, winners)) {
      return "shown: the newest that counts";
    }
    Object role = version.details().value("role");
    String lost =
        switch (role == null ? version.state() : role.toString()) {
          case "stale" -> "older than the log: written back long ago";
          case "misplaced" -> "its segment's id belongs to another slot";
          case "ahead" -> "its segment's id is farther ahead than the log can be";
          case "other-life" -> "of the other life of the log";
          case "free" -> "freed: written back, or replaced by a newer copy";
          case "uncommitted" -> "never committed";
          default -> "";
        };
    if (!lost.isEmpty()) {
      return lost;
    }
    if (version.state().equals("torn") || version.state().equals("implausible")) {
      return "not whole: not applied";
    }
    if (shown != null && Long.compareUnsigned(version.order(), shown.order()) <= 0) {
      return "older than " + shown.place();
    }
    return "not applied: replay says why";
  }

  private static @Nullable ByteBuffer bytes(OpenRequest request, SectorVersion version) {
    boolean payload = version.details().value("payloadSectors") != null;
    if (payload && !version.place().endsWith(", stored")) {
      return null;
    }
    BlockSource plog = request.plog();
    BlockSource image =
        plog != null && plog.name().equals(version.image()) ? plog : request.cache();
    return read(image, version.offset());
  }

  private static @Nullable ByteBuffer read(BlockSource source, long offset) {
    if (offset < 0 || offset > source.size() - BlockSource.SECTOR_BYTES) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.allocate(BlockSource.SECTOR_BYTES);
    return source.readAround(offset, bytes).isEmpty() ? bytes.flip() : null;
  }

  private static String hash(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes.duplicate());
      return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** {@return the story as values} */
  Facts facts() {
    return Facts.builder()
        .text("proof", proof)
        .text("standing", standing)
        .text("sha256Prefix", hash)
        .flag("onBacking", onBacking)
        .build();
  }

  /** {@return the story as the second line under a copy} */
  String text() {
    String same =
        onBacking == null
            ? ""
            : onBacking ? "; the backing device holds the same" : "; the backing device differs";
    return "%s; %s%s%s"
        .formatted(standing, proof, hash == null ? "" : "; sha256 " + hash + "…", same);
  }
}
