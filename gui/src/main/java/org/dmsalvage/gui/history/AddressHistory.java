package org.dmsalvage.gui.history;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.dmsalvage.gui.hex.Side;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.inspect.cli.PolicyWinners.Winner;
import org.dmsalvage.inspect.cli.VersionStory;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.cli.ReplayWinners;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.jspecify.annotations.Nullable;

/** What is known of one sector of the disk. */
public final class AddressHistory {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final long sector;
  private final List<Copy> copies;
  private final Map<Policy, Winner> winners;
  private final Map<Policy, Side> results = new EnumMap<>(Policy.class);
  private final List<Side> bytes = new ArrayList<>();
  private final Side backing;

  private AddressHistory(
      Session session,
      long sector,
      List<Copy> copies,
      Map<Policy, Winner> winners,
      Map<Policy, Recovery> recoveries) {
    this.sector = sector;
    this.copies = List.copyOf(copies);
    this.winners = new EnumMap<>(winners);
    for (Copy copy : copies) {
      bytes.add(bytesOf(session, copy));
    }
    backing =
        session
            .source(Source.Role.BACKING)
            .map(source -> read("disk", source.bytes(), sector * SECTOR))
            .orElseGet(() -> Side.missing("disk", "the disk behind the cache is not at hand"));
    recoveries.forEach(
        (policy, recovery) ->
            results.put(policy, result(policy, recovery.logical().orElse(null), sector)));
  }

  /**
   * Finds everything out.
   *
   * @param recoveries by policy; each must be there
   * @param progress told about bytes; checked for the wish to stop
   */
  static AddressHistory of(
      Session session, long sector, Map<Policy, Recovery> recoveries, Progress progress) {
    Map<Policy, Winner> winners = new EnumMap<>(Policy.class);
    recoveries.forEach(
        (policy, recovery) -> winners.put(policy, ReplayWinners.winner(policy, recovery, sector)));
    List<SectorVersion> versions = session.image().versions(sector, progress);
    List<VersionStory> stories =
        VersionStory.of(session.request(), sector, versions, List.copyOf(winners.values()));
    List<Copy> copies = new ArrayList<>();
    for (int i = versions.size() - 1; i >= 0; i--) {
      SectorVersion version = versions.get(i);
      List<String> shownBy =
          winners.values().stream()
              .filter(w -> version.image().equals(w.image()) && version.offset() == w.offset())
              .map(Winner::policy)
              .toList();
      VersionStory story = stories.get(i);
      copies.add(new Copy(version, story.proof(), story.standing(), shownBy));
    }
    return new AddressHistory(session, sector, copies, winners, recoveries);
  }

  private static Side bytesOf(Session session, Copy copy) {
    String title = "cache, " + shortPlace(copy.version().place());
    if (!copy.plain()) {
      return Side.missing(title, "compressed: it has no bytes of its own");
    }
    return session
        .source(copy.version().image())
        .map(source -> read(title, source.bytes(), copy.version().offset()))
        .orElseGet(() -> Side.missing(title, "not in these images"));
  }

  /** {@return where it stands, without what is said of that in brackets or behind a comma} */
  private static String shortPlace(String place) {
    return place.split(" \\(|, ", 2)[0];
  }

  private static Side result(Policy policy, @Nullable LogicalDevice device, long sector) {
    String title = "by " + policy;
    return device == null
        ? Side.missing(title, "nothing: the driver gives no device")
        : read(title, device, sector * SECTOR);
  }

  private static Side read(String title, BlockSource source, long offset) {
    if (offset < 0 || offset >= source.size()) {
      return Side.missing(title, "beyond the end");
    }
    int length = (int) Math.min(SECTOR, source.size() - offset);
    ByteBuffer buffer = ByteBuffer.allocate(length);
    return source.readAround(offset, buffer).isEmpty()
        ? Side.of(title, buffer.array())
        : Side.missing(title, "cannot be read");
  }

  /** {@return the address} */
  public long sector() {
    return sector;
  }

  /** {@return the copies, the newest first} */
  public List<Copy> copies() {
    return copies;
  }

  /** {@return what a policy shows, and why, in a sentence} */
  public String verdict(Policy policy) {
    Winner winner = winners.get(policy);
    if (winner == null) {
      return "";
    }
    String place =
        copies.stream()
            .filter(copy -> copy.shownBy().contains(winner.policy()))
            .map(copy -> copy.version().place())
            .findFirst()
            .orElse(winner.source());
    int reason = winner.source().indexOf(": ");
    return "%s shows %s%s"
        .formatted(
            policy,
            place,
            reason >= 0 && !place.contains(": ") ? winner.source().substring(reason) : "");
  }

  /** {@return the bytes of a copy, of the disk, and of what a policy makes of both} */
  public List<Side> sides(int copy, Policy policy) {
    List<Side> sides = new ArrayList<>();
    sides.add(
        copy >= 0 && copy < bytes.size()
            ? bytes.get(copy)
            : Side.missing("cache", "the cache never held it"));
    sides.add(backing);
    Side result = results.get(policy);
    if (result != null) {
      sides.add(result);
    }
    return sides;
  }
}
