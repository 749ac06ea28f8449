package org.dmsalvage.gui.compare;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import org.dmsalvage.gui.hex.Side;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/** Compares the cache of a session with another image. */
public final class CompareModel {

  /** The most bytes that are shown side by side. */
  private static final long SHOWN = 1 << 16;

  private final Session session;
  private final Threads threads;
  private final ReadOnlyObjectWrapper<@Nullable Comparison> comparison =
      new ReadOnlyObjectWrapper<>();
  private final ReadOnlyStringWrapper message =
      new ReadOnlyStringWrapper("Name another image of the same format, and press Enter.");
  private final ReadOnlyObjectWrapper<@Nullable Work> work = new ReadOnlyObjectWrapper<>();
  private @Nullable Session other;

  /** What one comparison found, and the image that it opened for that. */
  private record Found(Session other, Comparison comparison) {}

  /** Makes a model that has compared nothing. */
  public CompareModel(Session session, Threads threads) {
    this.session = session;
    this.threads = threads;
  }

  /** {@return what was found out last; null while there is nothing} */
  public ReadOnlyObjectProperty<@Nullable Comparison> comparison() {
    return comparison.getReadOnlyProperty();
  }

  /** {@return why there is nothing to see; empty if there is} */
  public ReadOnlyStringProperty message() {
    return message.getReadOnlyProperty();
  }

  /** {@return the comparison that runs, or ran last; null if there was none} */
  public ReadOnlyObjectProperty<@Nullable Work> work() {
    return work.getReadOnlyProperty();
  }

  /** {@return the other image; null while there is none} */
  public @Nullable Session other() {
    return other;
  }

  /** Compares with another image. */
  public void compareWith(String path) {
    stop();
    comparison.set(null);
    message.set("comparing …");
    Work started =
        Work.start(
            threads.workers(), threads.ui(), progress -> find(path, progress), this::arrived);
    work.set(started);
    started.state().addListener((_, _, _) -> ended(started));
    ended(started);
  }

  private void ended(Work ending) {
    if (ending.equals(work.get())) {
      switch (ending.state().get()) {
        case FAILED -> message.set(ending.message().get());
        case CANCELLED -> message.set("stopped");
        case DONE, RUNNING -> {}
      }
    }
  }

  private void arrived(Found found) {
    closeOther();
    other = found.other;
    message.set("");
    comparison.set(found.comparison);
  }

  private Found find(String path, Progress progress) {
    Session opened = open(path);
    try {
      if (!opened.image().format().equals(session.image().format())) {
        throw new UsageException(
            "%s is %s, this is %s: only images of one format can be compared"
                .formatted(path, opened.image().format(), session.image().format()));
      }
      return new Found(opened, Comparison.of(session.cache(), opened.cache(), progress));
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** Opens the image by what its bytes say, or, if they say nothing, in the format of this one. */
  private Session open(String path) {
    try {
      return Session.open(new Session.Paths(path, null, null, null), threads);
    } catch (UnsupportedImageException _) {
      return Session.open(new Session.Paths(path, null, null, session.image().format()), threads);
    }
  }

  /** Works out what differs between the two of a pair. */
  public void details(Pair pair, Consumer<List<Detail>> receiver) {
    Comparison known = comparison.get();
    if (known != null) {
      var _ = Work.start(threads.workers(), threads.ui(), _ -> known.details(pair), receiver);
    }
  }

  /** Reads the bytes of both images, as many as can be shown. */
  public void sides(ByteRange inThis, ByteRange inOther, Consumer<List<Side>> receiver) {
    Session second = other;
    if (second != null) {
      var _ =
          Work.start(
              threads.workers(),
              threads.ui(),
              _ ->
                  List.of(
                      side("this image", session.cache(), inThis),
                      side("the other image", second.cache(), inOther)),
              receiver);
    }
  }

  private static Side side(String title, Source source, ByteRange range) {
    long length = Math.min(Math.min(range.length(), SHOWN), source.bytes().size() - range.offset());
    if (length <= 0) {
      return Side.missing(title, "beyond the end");
    }
    byte[] bytes = new byte[(int) length];
    var bad = source.bytes().readAround(range.offset(), ByteBuffer.wrap(bytes));
    return bad.isEmpty() ? Side.of(title, bytes) : Side.missing(title, "cannot be read");
  }

  /** Stops what runs. */
  public void stop() {
    Work running = work.get();
    if (running != null) {
      running.cancel();
    }
  }

  /** Stops what runs, and closes the other image. */
  public void close() {
    stop();
    closeOther();
  }

  private void closeOther() {
    if (other != null) {
      other.close();
      other = null;
    }
  }
}
