package org.dmsalvage.gui.app;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.live.engine.LiveDevice;
import org.dmsalvage.live.nbd.Export;
import org.dmsalvage.live.nbd.NbdServer;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;

/** A file that a server in the test serves, so that it can fail and be watched as a disk can. */
final class ServedDisk implements LiveDevice {

  private final BlockDevice file;
  private final Path socket;
  private final NbdServer server;
  private final AtomicBoolean written = new AtomicBoolean();
  private volatile Runnable firstWrite = () -> {};
  private volatile long badSector = -1;

  ServedDisk(Path image, Path socket) throws IOException {
    this.file =
        new ChannelDevice(
            image.toString(),
            FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE));
    this.socket = socket;
    List<Export> exports = List.of(new Export("disk", "", this));
    this.server = new NbdServer(() -> exports, Optional.empty(), _ -> {});
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.listen(listener.bind(UnixDomainSocketAddress.of(socket)));
  }

  /** {@return what commands take for its path} */
  String uri() {
    return "nbd+unix:///?socket=" + socket;
  }

  /** Has something done before the first write is answered. */
  void beforeFirstWrite(Runnable task) {
    firstWrite = task;
  }

  /** Lets a sector be read no more; it can still be written. */
  void loseSector(long sector) {
    badSector = sector;
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    if (written.compareAndSet(false, true)) {
      firstWrite.run();
    }
    file.write(offset, source);
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    long bad = badSector * 512;
    if (bad >= 0 && bad < offset + target.remaining() && bad + 512 > offset) {
      throw new UnreadableException(name(), bad, 512, new IOException("bad sector"));
    }
    file.read(offset, target);
  }

  @Override
  public void flush() {
    file.flush();
  }

  @Override
  public void discard(long offset, long length) {
    file.discard(offset, length);
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long size() {
    return file.size();
  }

  @Override
  public void close() {
    server.close();
    file.close();
  }
}
