package org.dmsalvage.inspect.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.inspect.volume.Disks;
import org.dmsalvage.inspect.volume.Volume;
import org.dmsalvage.inspect.volume.lvm.LogicalVolume;
import org.dmsalvage.inspect.volume.lvm.VolumeGroup;
import org.dmsalvage.inspect.volume.partition.PartitionTable;

/**
 * What inspect says of whole disks.
 *
 * @param disks that were looked through
 * @param rows what each of their volumes holds
 */
public record DiskOverview(Disks disks, List<Row> rows) {

  /** Volumes whose contents are looked at; hostile metadata can describe any number. */
  private static final int MOST_EXAMINED = 2000;

  private static final int WIDEST_NAME = 40;

  /**
   * A volume.
   *
   * @param volume where it is
   * @param contents the cache format that it holds, or that its cache volume holds
   * @param physical whether it is a physical volume of LVM2
   */
  public record Row(Volume volume, Optional<Detection> contents, boolean physical) {}

  /** {@return what the volumes of some disks hold} */
  public static DiskOverview of(Disks disks) {
    List<Row> rows = new ArrayList<>();
    Map<String, Optional<Detection>> contents = new TreeMap<>();
    for (Volume volume : disks.volumes()) {
      boolean physical =
          disks.physicalVolumes().stream()
              .anyMatch(
                  place ->
                      volume.kind() == Volume.Kind.PARTITION
                          && place.offset() > 0
                          && volume.layout() != null
                          && volume.layout().images().contains(place.image())
                          && volume.layout().pieceAt(0).offset() == place.offset());
      Optional<Detection> found =
          physical || volume.layout() == null || rows.size() >= MOST_EXAMINED
              ? Optional.empty()
              : Formats.detect(disks.open(volume)).stream().findFirst();
      contents.putIfAbsent(volume.name(), found);
      rows.add(new Row(volume, found, physical));
    }
    rows.replaceAll(
        row ->
            row.volume
                .writecache()
                .map(
                    w ->
                        new Row(
                            row.volume, contents.getOrDefault(w.cache(), Optional.empty()), false))
                .orElse(row));
    return new DiskOverview(disks, List.copyOf(rows));
  }

  private long caches() {
    return rows.stream()
        .filter(row -> row.contents.isPresent() && row.volume.layout() != null)
        .count();
  }

  private String tableOf(int image) {
    if (disks.tables().get(image).isPresent()) {
      return disks.tables().get(image).get().kind();
    }
    boolean physical =
        disks.physicalVolumes().stream().anyMatch(p -> p.image() == image && p.offset() == 0);
    return physical ? "lvm2" : "none";
  }

  private String variant() {
    List<String> kinds = new ArrayList<>();
    for (int i = 0; i < disks.images().size(); i++) {
      if (!kinds.contains(tableOf(i))) {
        kinds.add(tableOf(i));
      }
    }
    if (!disks.groups().isEmpty() && !kinds.contains("lvm2")) {
      kinds.add("lvm2");
    }
    return String.join(", ", kinds);
  }

  // ---- JSON ----

  void json(JsonDocument json) {
    BlockSource first = disks.images().getFirst();
    json.text("format", "disk").text("variant", variant());
    json.object("image", () -> json.text("path", first.name()).number("bytes", first.size()));
    json.flag("verified", false);
    json.array("detection", () -> {});
    json.object(
        "geometry",
        () ->
            json.facts(
                Facts.builder()
                    .count("images", (long) disks.images().size())
                    .bytes("sectorBytes", sectorBytes(0).orElse(null))
                    .build()));
    json.object("summary", () -> json.number("volumes", rows.size()).number("caches", caches()));
    json.findings(disks.findings());
    json.array(
        "disks",
        () -> {
          for (int i = 0; i < disks.images().size(); i++) {
            disk(json, i);
          }
        });
    json.array("volumeGroups", () -> disks.groups().forEach(group -> group(json, group)));
    json.array("volumes", () -> rows.forEach(row -> row(json, row)));
  }

  private Optional<Long> sectorBytes(int image) {
    return disks.tables().get(image).map(t -> (long) t.sectorBytes());
  }

  private void disk(JsonDocument json, int index) {
    BlockSource image = disks.images().get(index);
    json.element(
        () ->
            json.text("path", image.name())
                .number("bytes", image.size())
                .text("table", tableOf(index))
                .facts(
                    Facts.builder().bytes("sectorBytes", sectorBytes(index).orElse(null)).build()));
  }

  private static void group(JsonDocument json, VolumeGroup group) {
    json.element(
        () -> {
          json.text("name", group.name())
              .text("uuid", group.id())
              .number("sequence", group.sequence());
          json.array(
              "history",
              () ->
                  group
                      .history()
                      .forEach(
                          version ->
                              json.element(
                                  () ->
                                      json.number("sequence", version.sequence())
                                          .number("created", version.created())
                                          .text("description", version.description()))));
        });
  }

  private static void row(JsonDocument json, Row row) {
    Volume volume = row.volume;
    json.element(
        () -> {
          json.text("name", volume.name())
              .text("kind", volume.kind().name().toLowerCase(Locale.ROOT))
              .text("type", volume.type())
              .text("label", volume.label())
              .text("uuid", volume.uuid())
              .number("bytes", volume.bytes())
              .flag("physicalVolume", row.physical)
              .flag("complete", volume.layout() == null || !volume.layout().incomplete())
              .text("problem", volume.problem())
              .text("format", row.contents.map(Detection::format).orElse(null))
              .text("confidence", row.contents.map(DiskOverview::word).orElse(null));
          json.array(
              "evidence", () -> row.contents.ifPresent(d -> d.evidence().forEach(json::element)));
          json.text("cache", volume.writecache().map(LogicalVolume.Writecache::cache).orElse(null))
              .text(
                  "origin", volume.writecache().map(LogicalVolume.Writecache::origin).orElse(null))
              .facts(
                  Facts.builder()
                      .bytes(
                          "blockSize",
                          volume.writecache().map(LogicalVolume.Writecache::blockSize).orElse(null))
                      .build());
          json.array(
              "runs",
              () -> {
                if (volume.layout() != null) {
                  volume.layout().runs().forEach(run -> run(json, run));
                }
              });
        });
  }

  private static void run(JsonDocument json, Layout.Run run) {
    json.element(
        () -> {
          json.number("start", run.start()).number("length", run.length());
          json.number("stripeBytes", run.chunk());
          json.array(
              "stripes",
              () ->
                  run.stripes()
                      .forEach(
                          stripe ->
                              json.element(
                                  () ->
                                      json.number("disk", stripe.image())
                                          .number("offset", stripe.offset()))));
        });
  }

  // ---- text ----

  void text(TextReport text, Style style) {
    for (int i = 0; i < disks.images().size(); i++) {
      BlockSource image = disks.images().get(i);
      text.line(
          style.bold(image.name())
              + style.dim("  " + Values.binary(image.size()))
              + "  "
              + described(i));
    }
    for (VolumeGroup group : disks.groups()) {
      text.line(
          style.bold(group.name())
              + "  volume group, metadata version %d%s%s"
                  .formatted(group.sequence(), written(group), older(group)));
    }
    text.heading("Volumes");
    int width = rows.stream().mapToInt(row -> row.volume.name().length()).max().orElse(0);
    width = Math.min(width, WIDEST_NAME);
    for (Row row : rows) {
      text.fact(row.volume.name(), width, line(row, style));
    }
    if (rows.isEmpty()) {
      text.line("  none");
    }
    text.findings(disks.findings());
    rows.stream()
        .filter(row -> row.contents.isPresent())
        .max(
            (a, b) ->
                Boolean.compare(
                    a.volume.writecache().isPresent(), b.volume.writecache().isPresent()))
        .ifPresent(
            row -> {
              List<String> paths = disks.images().stream().map(BlockSource::name).toList();
              text.heading("Go on with");
              text.line(
                  "  dmsalvage inspect --volume %s %s"
                      .formatted(row.volume.name(), String.join(" ", paths)));
            });
  }

  private String described(int image) {
    return disks
        .tables()
        .get(image)
        .map(DiskOverview::described)
        .orElse(tableOf(image).equals("lvm2") ? "LVM2 physical volume" : "no partition table");
  }

  private static String described(PartitionTable table) {
    return "%s, sectors of %d bytes"
        .formatted(table.kind().toUpperCase(Locale.ROOT), table.sectorBytes());
  }

  private static String written(VolumeGroup group) {
    return group.history().stream()
        .filter(v -> v.sequence() == group.sequence() && v.created() > 0)
        .filter(v -> v.created() < Instant.MAX.getEpochSecond())
        .map(v -> " of " + Instant.ofEpochSecond(v.created()))
        .findFirst()
        .orElse("");
  }

  private static String older(VolumeGroup group) {
    long older = group.history().stream().filter(v -> v.sequence() < group.sequence()).count();
    return older == 0 ? "" : ", %d older ones can be read".formatted(older);
  }

  private String line(Row row, Style style) {
    Volume volume = row.volume;
    StringBuilder line = new StringBuilder();
    line.append("%10s  %s".formatted(Values.binary(volume.bytes()), volume.type()));
    if (!volume.label().isEmpty()) {
      line.append(" \"").append(volume.label()).append('"');
    }
    if (row.physical) {
      line.append(", LVM2 physical volume");
    }
    volume
        .writecache()
        .ifPresent(
            w ->
                line.append(
                    " of %s over %s, blocks of %d bytes"
                        .formatted(w.cache(), w.origin(), w.blockSize())));
    if (volume.layout() != null && volume.layout().incomplete()) {
      line.append(style.dim(", partly on a disk that was not given"));
    }
    if (!volume.problem().isEmpty()) {
      line.append(style.dim(", cannot be opened: " + volume.problem()));
    }
    row.contents.ifPresent(
        d -> line.append(style.good("  <- " + d.format() + " (" + word(d) + ")")));
    return line.toString();
  }

  private static String word(Detection detection) {
    return detection.confidence().name().toLowerCase(Locale.ROOT);
  }
}
