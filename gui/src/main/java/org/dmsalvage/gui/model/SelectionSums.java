package org.dmsalvage.gui.model;

import java.util.List;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import org.jspecify.annotations.Nullable;

/**
 * The checksums of what is selected: of a few bytes that are at hand at once, of more in the
 * background, as long as the selection stays.
 */
public final class SelectionSums {

  /** Longest selection whose bytes are kept anyway, as they are looked at. */
  private static final int AT_HAND = 1 << 16;

  private final Threads threads;
  private final ReadOnlyObjectWrapper<List<Reading>> readings =
      new ReadOnlyObjectWrapper<>(List.of());
  private final ReadOnlyStringWrapper message = new ReadOnlyStringWrapper("");
  private @Nullable Location selected;
  private int contents;
  private @Nullable Work work;

  /** Makes a model of nothing selected. */
  public SelectionSums(Threads threads) {
    this.threads = threads;
  }

  /** {@return length and checksums of what is selected; empty if that is a single byte} */
  public ReadOnlyObjectProperty<List<Reading>> readings() {
    return readings.getReadOnlyProperty();
  }

  /** {@return why there are no checksums; empty if there are, or will be} */
  public ReadOnlyStringProperty message() {
    return message.getReadOnlyProperty();
  }

  /** {@return whether checksums are being computed} */
  public boolean isRunning() {
    return work != null && work.state().get() == Work.State.RUNNING;
  }

  /**
   * Computes the checksums of a selection, unless they are known or on their way; stops those of
   * another.
   */
  public void select(Location to) {
    int now = to.source().pages().contents();
    if (to.equals(selected) && contents == now) {
      return;
    }
    stop();
    work = null;
    selected = to;
    contents = now;
    message.set("");
    long length = to.range().length();
    byte[] atHand = length > 1 && length <= AT_HAND ? to.source().pages().bytes(to.range()) : null;
    if (length <= 1) {
      readings.set(List.of());
    } else if (atHand != null) {
      readings.set(Reading.ofSelection(length, Checksums.of(atHand)));
    } else {
      start(to);
    }
  }

  private void start(Location of) {
    long length = of.range().length();
    readings.set(Reading.ofUnread(length, 0));
    Work started =
        Work.start(
            threads.background(),
            threads.ui(),
            progress -> Checksums.of(of.source().bytes(), of.range(), progress),
            sums -> readings.set(Reading.ofSelection(length, sums)));
    work = started;
    started
        .fraction()
        .addListener(
            (_, _, fraction) -> {
              if (started == work && isRunning()) {
                readings.set(Reading.ofUnread(length, fraction.doubleValue()));
              }
            });
    started.state().addListener((_, _, state) -> ended(started, state, length));
    ended(started, started.state().get(), length);
  }

  private void ended(Work ended, Work.State state, long length) {
    if (ended == work && (state == Work.State.CANCELLED || state == Work.State.FAILED)) {
      readings.set(Reading.ofUnreadable(length));
      message.set(
          state == Work.State.CANCELLED ? "The checksums were stopped." : ended.message().get());
    }
  }

  /** Stops what is being computed. */
  public void stop() {
    if (work != null) {
      work.cancel();
    }
  }
}
