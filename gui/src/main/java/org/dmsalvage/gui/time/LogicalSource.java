package org.dmsalvage.gui.time;

import java.nio.ByteBuffer;
import java.util.List;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.gui.tree.Structures;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/** The disk of a moment, as bytes and as sectors; another moment can be put in. */
final class LogicalSource implements BlockSource, Structure {

  private volatile Moment moment;

  LogicalSource(Moment moment) {
    this.moment = moment;
  }

  void show(Moment other) {
    moment = other;
  }

  @Override
  public String name() {
    return "the recovered disk";
  }

  @Override
  public long size() {
    return moment.device().size();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    moment.device().read(offset, target);
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    return moment.device().readAround(offset, target);
  }

  @Override
  public void close() {}

  @Override
  public Kind kind() {
    return Kind.DATA;
  }

  @Override
  public ByteRange range() {
    return new ByteRange(0, size());
  }

  @Override
  public String meaning() {
    return "";
  }

  @Override
  public long childCount() {
    return size() / SECTOR_BYTES;
  }

  @Override
  public long childAt(long offset) {
    return offset / SECTOR_BYTES;
  }

  @Override
  public Structure child(long sector) {
    Moment now = moment;
    ByteRange bytes = new ByteRange(sector * SECTOR_BYTES, SECTOR_BYTES);
    boolean cached = now.device().originOf(sector) instanceof Origin.Cached;
    Kind kind =
        now.changed(bytes)
            ? Kind.MAPPING
            : now.unknown(bytes) ? Kind.PADDING : cached ? Kind.HEADER : Kind.DATA;
    String name =
        "sector " + sector + (now.changed(bytes) ? ", changed" : cached ? ", cached" : "");
    return Structures.plain(name, kind, bytes);
  }
}
