package org.dmsalvage.inspect.volume.lvm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.io.Layout.Run;
import org.dmsalvage.inspect.io.Layout.Stripe;
import org.jspecify.annotations.Nullable;

/** Works out from a metadata text where the bytes of logical volumes lie. */
final class Assembly {

  private static final long SECTOR = BlockSource.SECTOR_BYTES;

  /** Logical volumes that lie on logical volumes, at most. */
  private static final int DEEPEST = 4;

  /** Runs of one volume and stripes of one segment: more than any real one has. */
  private static final int MOST_RUNS = 1 << 16;

  /** What may be looked at in all: volumes on volumes multiply. */
  private static final int MOST_STEPS = 1 << 22;

  private final Metadata text;
  private final Findings findings;
  private final long extentBytes;
  private final Map<String, Physical> physical = new HashMap<>();
  private final Section logical;
  private int steps;

  /**
   * A physical volume of the group.
   *
   * @param image index of the image, or {@link Layout#MISSING}
   * @param extents where the first extent begins on the image, in bytes
   */
  private record Physical(int image, long extents) {}

  /** Why a volume cannot be put together. */
  private static final class Senseless extends Exception {
    private static final long serialVersionUID = 1L;

    Senseless(String message) {
      super(message, null, false, false);
    }
  }

  Assembly(Metadata text, List<VolumeGroup.Place> places, Findings findings) {
    this.text = text;
    this.findings = findings;
    this.logical = text.contents().section("logical_volumes");
    long sectors = text.contents().number("extent_size").orElse(0L);
    this.extentBytes = sectors <= Long.MAX_VALUE / SECTOR ? sectors * SECTOR : 0;
    text.contents()
        .section("physical_volumes")
        .sections()
        .forEach((name, section) -> physical.put(name, physical(section, places)));
  }

  private Physical physical(Section section, List<VolumeGroup.Place> places) {
    String id = section.text("id").orElse("");
    long start = section.number("pe_start").orElse(0L);
    Optional<VolumeGroup.Place> place =
        places.stream().filter(p -> p.volume().id().equals(id)).findFirst();
    if (place.isEmpty() || start > (Long.MAX_VALUE - place.get().offset()) / SECTOR) {
      findings.add(
          VolumeCode.LVM_MISSING,
          text.group(),
          0,
          0,
          "physical volume %s (%s) is not among the images"
              .formatted(id, section.text("device").orElse("device unknown")));
      return new Physical(Layout.MISSING, 0);
    }
    return new Physical(place.get().image(), place.get().offset() + start * SECTOR);
  }

  /** {@return all logical volumes of the group} */
  List<LogicalVolume> volumes() {
    List<LogicalVolume> volumes = new ArrayList<>();
    logical.sections().forEach((name, section) -> volumes.add(volume(name, section)));
    return volumes;
  }

  private LogicalVolume volume(String name, Section section) {
    String type = type(section);
    Layout layout = null;
    String problem = "";
    Optional<LogicalVolume.Writecache> writecache = Optional.empty();
    long bytes = 0;
    try {
      bytes = Math.multiplyExact(extents(section), extentBytes);
      if (type.equals("writecache")) {
        writecache = Optional.of(writecache(section));
      } else {
        layout = new Layout(runs(section, 0));
      }
    } catch (Senseless e) {
      problem = String.valueOf(e.getMessage());
    } catch (ArithmeticException | IllegalArgumentException _) {
      problem = "its segments lie behind the end of any device, or do not follow each other";
      findings.add(VolumeCode.LVM_VOLUME, text.group(), 0, 0, "%s: %s".formatted(name, problem));
    }
    return new LogicalVolume(
        name,
        section.text("id").orElse(""),
        type,
        section.list("status").contains("VISIBLE"),
        bytes,
        layout,
        problem,
        writecache);
  }

  private static String type(Section section) {
    Section first = section.section("segment1");
    String type = first.text("type").orElse("unknown");
    return type.equals("striped") && first.number("stripe_count").orElse(1L) == 1 ? "linear" : type;
  }

  /** The segments, which the text numbers from 1. */
  private static List<Section> segments(Section volume) {
    List<Section> segments = new ArrayList<>();
    while (segments.size() < MOST_RUNS) {
      @Nullable Section next = volume.sections().get("segment" + (segments.size() + 1));
      if (next == null) {
        break;
      }
      segments.add(next);
    }
    return segments;
  }

  private static long extents(Section volume) {
    long extents = 0;
    for (Section segment : segments(volume)) {
      extents = Math.addExact(extents, segment.number("extent_count").orElse(0L));
    }
    return extents;
  }

  private static LogicalVolume.Writecache writecache(Section volume) throws Senseless {
    Section segment = volume.section("segment1");
    Optional<String> cache = segment.text("writecache");
    Optional<String> origin = segment.text("origin");
    if (cache.isEmpty() || origin.isEmpty()) {
      throw new Senseless("does not say what its writecache or its origin is");
    }
    return new LogicalVolume.Writecache(
        cache.get(),
        origin.get(),
        segment.number("writecache_block_size").orElse(0L),
        startSector(segment));
  }

  /** A setting that lvm has no field for is passed on to the target under its own name. */
  private static long startSector(Section segment) throws Senseless {
    if (!segment.text("writecache_setting_key").orElse("").equals("start_sector")) {
      return 0;
    }
    String value = segment.text("writecache_setting_val").orElse("");
    if (!value.matches("[0-9]{1,15}")) {
      throw new Senseless("start_sector of its writecache is '%s'".formatted(value));
    }
    return Long.parseLong(value);
  }

  private List<Run> runs(Section volume, int depth) throws Senseless {
    List<Run> runs = new ArrayList<>();
    if (depth > DEEPEST) {
      throw new Senseless("lies on itself");
    }
    for (Section segment : segments(volume)) {
      step();
      long start = bytes(segment, "start_extent");
      long length = bytes(segment, "extent_count");
      String type = segment.text("type").orElse("unknown");
      switch (type) {
        case "striped", "linear" -> add(runs, segment, start, length, depth);
        case "error" ->
            runs.add(new Run(start, length, length, List.of(new Stripe(Layout.MISSING, 0))));
        default -> throw new Senseless("type " + type + " is not a plain arrangement of extents");
      }
      if (runs.size() > MOST_RUNS) {
        throw new Senseless("consists of too many pieces");
      }
    }
    return runs;
  }

  private void step() throws Senseless {
    if (++steps > MOST_STEPS) {
      throw new Senseless("the volumes of the group are too many");
    }
  }

  private long bytes(Section segment, String field) {
    return Math.multiplyExact(segment.number(field).orElse(0L), extentBytes);
  }

  private void add(List<Run> runs, Section segment, long start, long length, int depth)
      throws Senseless {
    List<?> areas = segment.list("stripes");
    int count = areas.size() / 2;
    if (count == 0 || count > MOST_RUNS || areas.size() % 2 != 0) {
      throw new Senseless("a segment does not say what it lies on");
    }
    List<Stripe> stripes = new ArrayList<>();
    for (int i = 0; i < areas.size(); i += 2) {
      if (!(areas.get(i) instanceof String on) || !(areas.get(i + 1) instanceof Long extent)) {
        throw new Senseless("a segment does not say what it lies on");
      }
      long offset = Math.multiplyExact(extent, extentBytes);
      @Nullable Physical device = physical.get(on);
      if (device != null) {
        boolean here = device.image != Layout.MISSING;
        stripes.add(new Stripe(device.image, here ? Math.addExact(device.extents, offset) : 0));
      } else if (logical.sections().containsKey(on) && count == 1) {
        addPart(runs, runs(logical.section(on), depth + 1), start, length, offset);
        return;
      } else {
        throw new Senseless("a segment lies on " + on + ", which is not in the text");
      }
    }
    long chunk = length;
    if (count > 1) {
      chunk = Math.multiplyExact(segment.number("stripe_size").orElse(0L), SECTOR);
    }
    runs.add(new Run(start, length, chunk, stripes));
  }

  /** Adds a part of a volume that lies on another one, which is linear there. */
  private void addPart(List<Run> runs, List<Run> below, long start, long length, long offset)
      throws Senseless {
    long at = offset;
    long end = Math.addExact(offset, length);
    for (Run run : below) {
      step();
      if (run.start() <= at && at < Math.min(run.end(), end)) {
        if (run.stripes().size() > 1) {
          throw new Senseless("lies on a striped volume");
        }
        long part = Math.min(run.end(), end) - at;
        Stripe stripe = run.stripes().getFirst();
        long within = stripe.image() == Layout.MISSING ? 0 : at - run.start();
        runs.add(
            new Run(
                start + (at - offset),
                part,
                part,
                List.of(new Stripe(stripe.image(), stripe.offset() + within))));
        at += part;
      }
    }
    if (at < end) {
      throw new Senseless("lies behind the end of another volume");
    }
  }
}
