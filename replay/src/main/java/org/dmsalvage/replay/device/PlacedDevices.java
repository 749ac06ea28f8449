package org.dmsalvage.replay.device;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.captive.Wrapping;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.source.Sources;
import org.jspecify.annotations.Nullable;

/**
 * The files and devices in which images lie that are to be written in place. Each is opened once,
 * also if several images lie in it.
 */
public final class PlacedDevices implements AutoCloseable {

  private final boolean force;
  private final Map<String, BlockDevice> opened = new LinkedHashMap<>();

  /**
   * A device that holds a part of an image.
   *
   * @param device open for writing
   * @param index of the device in the layout
   */
  public record Part(BlockDevice device, int index) {}

  /** Opens nothing yet; {@code force} as {@link Targets#open(String, boolean)} has it. */
  public PlacedDevices(boolean force) {
    this.force = force;
  }

  /**
   * Makes sure that an image lies in files as whole sectors, and not in parts of a split one.
   *
   * @param option that wants to write it, for messages
   * @param where it lies; null if there is none
   * @throws UsageException if it cannot be written in place
   * @see #checkUnwrapped
   */
  public static void checkWritable(String option, @Nullable Placement where) {
    if (where == null) {
      return;
    }
    if (where.split()) {
      throw new UsageException(
          option + ": " + where.paths().getFirst() + " is a part of a split image");
    }
    boolean whole =
        where.layout().runs().stream()
            .flatMap(run -> run.stripes().stream())
            .allMatch(stripe -> stripe.offset() % BlockSource.SECTOR_BYTES == 0);
    if (!whole) {
      throw new UsageException(option + " needs images that begin at whole sectors");
    }
  }

  /**
   * Makes sure that an image that was not opened as raw bytes lies in its files as it is: what is
   * found in a virtual disk or a compressed image stands somewhere else in the file, so that no
   * insisting helps.
   *
   * @param where it lies; null if there is none
   * @throws OutputException if it is wrapped
   */
  public static void checkUnwrapped(@Nullable Placement where) {
    for (String path : where == null ? List.<String>of() : where.used()) {
      Optional<Wrapping> wrapping = Sources.wrapping(path);
      if (wrapping.isPresent()) {
        throw new OutputException(
            path,
            "is %s, whose disk is only read; %s (--raw and --force write into the file as it is)"
                .formatted(wrapping.get().title(), wrapping.get().writable()));
      }
    }
  }

  /**
   * Opens one device by its path, or gives the one that is open.
   *
   * @throws OutputException if it is in use or cannot be opened
   */
  public BlockDevice open(String path) {
    BlockDevice device = opened.get(path);
    if (device == null) {
      device = Targets.open(path, force);
      opened.put(path, device);
    }
    return device;
  }

  /**
   * Opens the devices of an image.
   *
   * @param name of the image, for messages
   * @param where it lies
   * @return in ascending order of their indexes; one device also for an image without bytes
   * @throws OutputException if a part of the image is not on any device, or one cannot be opened
   */
  public List<Part> open(String name, Placement where) {
    Layout layout = where.layout();
    if (layout.incomplete()) {
      throw new OutputException(name, "lies in part on a device that was not given");
    }
    List<Part> parts = new ArrayList<>();
    for (int index : layout.images().isEmpty() ? List.of(0) : layout.images()) {
      parts.add(new Part(open(where.paths().get(index)), index));
    }
    for (Layout.Run run : layout.runs()) {
      for (int s = 0; s < run.stripes().size(); s++) {
        Layout.Stripe stripe = run.stripes().get(s);
        BlockDevice device = open(where.paths().get(stripe.image()));
        if (run.held(s) > device.size() - stripe.offset()) {
          throw new OutputException(
              device.name(),
              "is only a part of the image, which has %d bytes from offset %d on"
                  .formatted(run.held(s), stripe.offset()));
        }
        if (stripe.offset() % BlockSource.SECTOR_BYTES != 0) {
          throw new OutputException(
              device.name(), "the image begins inside a sector, at " + stripe.offset());
        }
      }
    }
    return parts;
  }

  @Override
  public void close() {
    opened.values().forEach(BlockDevice::close);
    opened.clear();
  }
}
