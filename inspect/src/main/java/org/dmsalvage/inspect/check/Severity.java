package org.dmsalvage.inspect.check;

/** How bad a finding is for the data, in rising order. */
public enum Severity {
  /** Normal after a crash or worth knowing; nothing that was safe is in danger. */
  NOTE,
  /** Suspicious, or harmless only as long as no driver attaches the device. */
  WARNING,
  /** Damage: data is lost, at risk, or would be lost by attaching the device. */
  ERROR
}
