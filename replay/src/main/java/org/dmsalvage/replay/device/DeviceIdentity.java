package org.dmsalvage.replay.device;

import org.dmsalvage.inspect.report.Values;

/**
 * Which device it is, for whoever has to confirm it.
 *
 * @param path as the user gave it, made absolute
 * @param bytes its size
 * @param model vendor and model of a disk; empty for a file or if unknown
 * @param contents what its first blocks look like, such as "ext4"; empty if nothing is recognised
 */
public record DeviceIdentity(String path, long bytes, String model, String contents) {

  /** {@return one line that names the device} */
  public String describe() {
    return "%s, %d bytes (%s)%s, %s"
        .formatted(
            path,
            bytes,
            Values.binary(bytes),
            model.isEmpty() ? "" : ", " + model,
            contents.isEmpty() ? "contents not recognised" : contents);
  }
}
