package org.dmsalvage.gui.live;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.live.control.ControlClient;
import org.dmsalvage.live.top.Figures;
import org.dmsalvage.live.top.Interval;
import org.jspecify.annotations.Nullable;

/**
 * Asks a running server again and again what its devices do, as {@code live top} does. A server
 * that does not answer is asked on: it may come back.
 */
public final class LiveModel implements AutoCloseable {

  /** How it stands with the server. */
  public enum State {
    /** It has not answered yet. */
    ASKING,
    /** It answers. */
    WATCHING,
    /** It does not answer. */
    GONE
  }

  private final Supplier<Figures> server;
  private final Threads threads;
  private final ObservableList<DeviceHistory> devices = FXCollections.observableArrayList();
  private final ReadOnlyObjectWrapper<State> state = new ReadOnlyObjectWrapper<>(State.ASKING);
  private final ReadOnlyStringWrapper problem = new ReadOnlyStringWrapper("");
  private volatile boolean closed;
  private @Nullable Figures before;

  /**
   * Makes a model that has not asked yet.
   *
   * @param server answers with its figures, or throws a {@link SalvageException}
   */
  LiveModel(Supplier<Figures> server, Threads threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Makes a model of a server.
   *
   * @param control its control socket
   */
  public static LiveModel of(Path control, Threads threads) {
    return new LiveModel(
        () -> {
          ControlClient.Answer answer = ControlClient.ask(control, List.of("metrics"));
          if (answer.status() != 0) {
            throw new UnreadableException(control.toString(), answer.text());
          }
          return Figures.parse(answer.text(), System.nanoTime());
        },
        threads);
  }

  /** {@return the devices of the server, by name} */
  public ObservableList<DeviceHistory> devices() {
    return devices;
  }

  /** {@return how it stands with the server} */
  public ReadOnlyObjectProperty<State> state() {
    return state.getReadOnlyProperty();
  }

  /** {@return why it does not answer; empty if it does} */
  public ReadOnlyStringProperty problem() {
    return problem.getReadOnlyProperty();
  }

  /** Begins to ask, until it is closed. */
  public void start(long everyMillis) {
    threads
        .workers()
        .execute(
            () -> {
              while (!closed) {
                ask();
                try {
                  TimeUnit.MILLISECONDS.sleep(everyMillis);
                } catch (InterruptedException _) {
                  Thread.currentThread().interrupt();
                  return;
                }
              }
            });
  }

  /** Asks once. */
  void ask() {
    try {
      Figures now = server.get();
      Figures then = before == null ? now : before;
      before = now;
      List<Interval> intervals = Interval.between(then, now);
      threads.ui().execute(() -> show(intervals));
    } catch (SalvageException e) {
      // What it counts begins anew with a new server.
      before = null;
      String why = String.valueOf(e.getMessage());
      threads
          .ui()
          .execute(
              () -> {
                problem.set(why);
                state.set(State.GONE);
              });
    }
  }

  private void show(List<Interval> intervals) {
    if (closed) {
      return;
    }
    List<String> names = intervals.stream().map(Interval::name).toList();
    devices.removeIf(device -> !names.contains(device.name()));
    for (Interval interval : intervals) {
      devices.stream()
          .filter(device -> device.name().equals(interval.name()))
          .findFirst()
          .orElseGet(
              () -> {
                DeviceHistory made = new DeviceHistory(interval.name());
                devices.add(names.indexOf(interval.name()), made);
                return made;
              })
          .add(interval);
    }
    problem.set("");
    state.set(State.WATCHING);
  }

  @Override
  public void close() {
    closed = true;
  }
}
