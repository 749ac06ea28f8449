package org.dmsalvage.replay.cli;

import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayReport;

/** The exit status of a command that recovers. */
final class RecoveryStatus {

  private RecoveryStatus() {}

  /**
   * {@return the status that says whether anything is lost or at risk, or the driver would refuse}
   *
   * @param incomplete whether something could not be read or written on the way
   */
  static ExitStatus of(ReplayReport report, boolean incomplete) {
    boolean doubt = report.lost().count() > 0 || report.atRisk().count() > 0 || incomplete;
    boolean refused =
        report.policy() == Policy.DRIVER
            && report.driver().map(DriverOutcome::outcome).orElse(DriverOutcome.Outcome.ACCEPT)
                != DriverOutcome.Outcome.ACCEPT;
    return doubt || refused ? ExitStatus.UNCORRECTED : ExitStatus.OK;
  }
}
