package org.dmsalvage.replay.cli;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.cli.PolicyWinners;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;

/** Replays under each policy and asks where a sector comes from. */
public final class ReplayWinners implements PolicyWinners {

  @Override
  public List<Winner> winners(OpenRequest request, long sector, Progress progress) {
    List<Winner> winners = new ArrayList<>();
    for (Policy policy : Policy.values()) {
      Recovery recovery = Replayers.replay(ReplayRequest.of(request, policy, progress));
      winners.add(winner(policy, recovery, sector));
    }
    return winners;
  }

  /**
   * Asks one policy that was already replayed.
   *
   * @param policy whose rules
   * @param recovery what they gave
   * @param sector address on the logical device, in sectors
   */
  public static Winner winner(Policy policy, Recovery recovery, long sector) {
    return recovery
        .logical()
        .map(device -> because(winner(policy, device, sector), recovery.report()))
        .orElseGet(() -> new Winner(policy.toString(), null, 0, nothing(recovery)));
  }

  /** A winner with the reason for which the driver goes its own way, if it does. */
  private static Winner because(Winner winner, ReplayReport report) {
    String reason =
        report.policy() == Policy.DRIVER
            ? report.driver().map(DriverOutcome::reason).orElse("")
            : "";
    return reason.isEmpty()
        ? winner
        : new Winner(
            winner.policy(), winner.image(), winner.offset(), winner.source() + ": " + reason);
  }

  private static String nothing(Recovery recovery) {
    return recovery
        .report()
        .driver()
        .map(driver -> "nothing: " + driver.outcome() + ", " + driver.reason())
        .orElse("nothing");
  }

  private static Winner winner(Policy policy, LogicalDevice device, long sector) {
    String name = policy.toString();
    if (sector >= device.size() / LogicalDevice.SECTOR_BYTES) {
      return new Winner(name, null, 0, "nothing: beyond the end of the logical device");
    }
    return switch (device.originOf(sector)) {
      case Origin.Backing() -> new Winner(name, null, 0, "the backing device");
      case Origin.Zeros() -> new Winner(name, null, 0, "zeros");
      case Origin.Cached(String image, long offset) ->
          new Winner(name, image, offset, "%s at 0x%x".formatted(image, offset));
    };
  }
}
