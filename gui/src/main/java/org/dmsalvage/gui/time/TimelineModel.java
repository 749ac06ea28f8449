package org.dmsalvage.gui.time;

import java.util.concurrent.Executor;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.time.Moment.Against;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/**
 * Where in time the user is. A point is worked out in the background; if the user moves on before
 * that is done, it is given up.
 */
public final class TimelineModel {

  private final Session session;
  private final Threads threads;
  private final Executor later;
  private final ReadOnlyObjectWrapper<@Nullable Steps> steps = new ReadOnlyObjectWrapper<>();
  private final ReadOnlyObjectWrapper<@Nullable Moment> moment = new ReadOnlyObjectWrapper<>();
  private final ReadOnlyIntegerWrapper point = new ReadOnlyIntegerWrapper();
  private final ReadOnlyObjectWrapper<Against> against =
      new ReadOnlyObjectWrapper<>(Against.BEFORE);
  private final ReadOnlyBooleanWrapper playing = new ReadOnlyBooleanWrapper();
  private final ReadOnlyStringWrapper message = new ReadOnlyStringWrapper("");
  private @Nullable Work opening;
  private @Nullable Work working;

  /**
   * Makes a model that knows nothing yet.
   *
   * @param later runs something a moment later: the time that a step shows while playing
   */
  public TimelineModel(Session session, Threads threads, Executor later) {
    this.session = session;
    this.threads = threads;
    this.later = later;
  }

  /** Reads the log, if that was not begun yet or was stopped, and goes to its last point. */
  public void start() {
    if (opening != null && !(steps.get() == null && opening.isToStop())) {
      return;
    }
    message.set("reading the log …");
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            progress ->
                Steps.of(
                    Replayers.timeline(
                        ReplayRequest.of(session.request(), Policy.SALVAGE, progress)),
                    progress),
            found -> {
              message.set("");
              steps.set(found);
              moveTo(found.count());
            });
    opening = work;
    work.state()
        .addListener(
            (_, _, state) -> {
              if (state == Work.State.CANCELLED) {
                message.set("Reading the log was stopped; show the timeline to begin again.");
              }
            });
    tellFailureOf(work);
  }

  private void tellFailureOf(Work work) {
    work.message().addListener((_, _, text) -> message.set(text));
    if (!work.message().get().isEmpty()) {
      message.set(work.message().get());
    }
  }

  /** Stops everything. */
  public void stop() {
    playing.set(false);
    if (opening != null) {
      opening.cancel();
    }
    if (working != null) {
      working.cancel();
    }
  }

  /** {@return all points; null while the log is being read} */
  public ReadOnlyObjectProperty<@Nullable Steps> steps() {
    return steps.getReadOnlyProperty();
  }

  /** {@return the number of the point that is wanted} */
  public ReadOnlyIntegerProperty point() {
    return point.getReadOnlyProperty();
  }

  /** {@return the point that was worked out last; null while there is none} */
  public ReadOnlyObjectProperty<@Nullable Moment> moment() {
    return moment.getReadOnlyProperty();
  }

  /** {@return with which other point each point is compared} */
  public ReadOnlyObjectProperty<Against> against() {
    return against.getReadOnlyProperty();
  }

  /** {@return whether one point after the other is shown} */
  public ReadOnlyBooleanProperty playing() {
    return playing.getReadOnlyProperty();
  }

  /** {@return why there is nothing to see; may be empty} */
  public ReadOnlyStringProperty message() {
    return message.getReadOnlyProperty();
  }

  /** Compares with another point. */
  public void compare(Against other) {
    against.set(other);
    workOut();
  }

  /** Goes some points on, or back; the user does, so that nothing is played any more. */
  public void step(int by) {
    playing.set(false);
    moveTo(point.get() + by);
  }

  /** Goes to the point before the first step. */
  public void toBeginning() {
    step(-point.get());
  }

  /** Goes to the last point. */
  public void toEnd() {
    step(Integer.MAX_VALUE / 2);
  }

  /** Goes to a point, or to the nearest there is. */
  public void moveTo(int to) {
    Steps known = steps.get();
    if (known != null) {
      int wanted = Math.clamp(to, 0, known.count());
      Moment shown = moment.get();
      boolean there = wanted == point.get() && shown != null && shown.point() == wanted;
      point.set(wanted);
      if (!there) {
        workOut();
      }
    }
  }

  private void workOut() {
    Steps known = steps.get();
    if (known == null) {
      return;
    }
    if (working != null) {
      working.cancel();
    }
    int wanted = point.get();
    Against with = against.get();
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> Moment.of(known, wanted, with, progress),
            this::arrived);
    working = work;
    tellFailureOf(work);
  }

  private void arrived(Moment shown) {
    moment.set(shown);
    if (playing.get()) {
      later.execute(() -> goOn(shown));
    }
  }

  private void goOn(Moment shown) {
    if (!playing.get() || moment.get() != shown) {
      return;
    }
    if (shown.point() >= shown.steps().count()) {
      playing.set(false);
    } else {
      moveTo(shown.point() + 1);
    }
  }

  /** Shows one point after the other, from the first one if the last one shows; or stops that. */
  public void playOrPause() {
    Steps known = steps.get();
    if (known == null) {
      return;
    }
    if (playing.get()) {
      playing.set(false);
      return;
    }
    playing.set(true);
    if (point.get() >= known.count()) {
      moveTo(0);
    } else {
      Moment shown = moment.get();
      if (shown != null && shown.point() == point.get()) {
        goOn(shown);
      }
    }
  }
}
