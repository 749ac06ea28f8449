package org.dmsalvage.replay.map;

import java.util.List;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.fact.Unit;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Version;

/**
 * The ranges of a device that come from the cache, a row each, with the place where they stand. A
 * row is made as it is handed over: the length of the list costs no memory.
 */
public final class VersionList {

  /** What the rows hold. */
  public static final List<Column> COLUMNS =
      List.of(
          new Column("offset", Unit.BYTES),
          new Column("length", Unit.BYTES),
          new Column("image", Unit.TEXT),
          new Column("imageOffset", Unit.BYTES),
          new Column("imageLength", Unit.BYTES),
          new Column("id", Unit.UNSIGNED),
          new Column("status", Unit.TEXT));

  private VersionList() {}

  /** Receives versions, cut where doubts begin and end. */
  @FunctionalInterface
  interface Visitor {

    /**
     * Takes a part of a version.
     *
     * @param offset first byte on the logical device
     * @param length bytes
     * @param imageOffset where it stands; for a compressed extent, its payload as a whole
     * @param imageLength bytes that it takes there
     * @param version what it is a part of
     * @param status recovered, at risk or lost
     */
    void part(
        long offset,
        long length,
        long imageOffset,
        long imageLength,
        Version version,
        RangeStatus status);
  }

  /** Walks over all versions that a device shows. */
  static void forEach(LogicalDevice device, RecoveryMap map, Visitor visitor) {
    device.forEachVersion(
        (offset, length, version) ->
            map.split(
                offset,
                offset + length,
                RangeStatus.RECOVERED,
                (at, part, status) -> {
                  long place = version.place().offset();
                  visitor.part(
                      at,
                      part,
                      version.compressed() ? place : place + (at - offset),
                      version.compressed() ? version.storedBytes() : part,
                      version,
                      status);
                }));
  }

  /**
   * Lists all versions that a device shows.
   *
   * @param device the recovered device
   * @param map of it
   * @param sink receives a row of {@link #COLUMNS} for each range, ascending
   */
  public static void write(LogicalDevice device, RecoveryMap map, RowSink sink) {
    forEach(
        device,
        map,
        (offset, length, imageOffset, imageLength, version, status) ->
            sink.row(
                offset,
                length,
                version.place().image(),
                imageOffset,
                imageLength,
                version.id().isPresent() ? (Long) version.id().getAsLong() : null,
                word(version, status)));
  }

  private static String word(Version version, RangeStatus status) {
    return switch (status) {
      case UNTOUCHED, RECOVERED -> version.standing().toString();
      case AT_RISK, LOST -> status.toString();
    };
  }
}
