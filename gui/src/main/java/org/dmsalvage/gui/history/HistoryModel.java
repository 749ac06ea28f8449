package org.dmsalvage.gui.history;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/** Which address of the disk the user asks about, and what was found out. */
public final class HistoryModel {

  private final Session session;
  private final Threads threads;
  private final ReadOnlyObjectWrapper<@Nullable AddressHistory> history =
      new ReadOnlyObjectWrapper<>();
  private final ReadOnlyStringWrapper message =
      new ReadOnlyStringWrapper("Type the number of a sector, or choose a block and press Ctrl H.");
  private final ReadOnlyBooleanWrapper busy = new ReadOnlyBooleanWrapper();

  /** Replayed once for all addresses; used by one background task at a time. */
  private final Map<Policy, Recovery> recoveries = new EnumMap<>(Policy.class);

  private @Nullable Work working;

  /** Makes a model that knows nothing yet. */
  public HistoryModel(Session session, Threads threads) {
    this.session = session;
    this.threads = threads;
  }

  /** {@return what was found out last; null while there is nothing} */
  public ReadOnlyObjectProperty<@Nullable AddressHistory> history() {
    return history.getReadOnlyProperty();
  }

  /** {@return why there is nothing to see; empty if there is} */
  public ReadOnlyStringProperty message() {
    return message.getReadOnlyProperty();
  }

  /** {@return whether an address is being looked up} */
  public ReadOnlyBooleanProperty busy() {
    return busy.getReadOnlyProperty();
  }

  /** Asks about a sector of the disk. */
  public void show(long sector) {
    lookUp(_ -> sector);
  }

  /** Asks about the sector that a place in an image stands for. */
  public void show(Location where) {
    lookUp(
        _ -> {
          OptionalLong sector = Addresses.of(session, where);
          return sector.orElseThrow(
              () ->
                  new UsageException(
                      "0x%x stands for no address of the disk: choose a metablock, an entry, or a"
                              .formatted(where.range().offset())
                          + " block of data"));
        });
  }

  /** Asks about the address some sectors on. */
  public void step(long sectors) {
    AddressHistory shown = history.get();
    if (shown != null) {
      show(Math.max(0, shown.sector() + sectors));
    }
  }

  /** Says something where a history would be. */
  public void explain(String text) {
    history.set(null);
    message.set(text);
  }

  private void lookUp(Work.Task<Long> address) {
    stop();
    busy.set(true);
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> find(address.run(progress), progress),
            found -> {
              message.set("");
              history.set(found);
            });
    working = work;
    work.state()
        .addListener(
            (_, _, _) -> {
              if (work == working) {
                ended(work);
              }
            });
    ended(work);
  }

  private void ended(Work work) {
    Work.State state = work.state().get();
    busy.set(state == Work.State.RUNNING);
    if (state == Work.State.FAILED) {
      explain(work.message().get());
    }
  }

  private AddressHistory find(long sector, Progress progress) {
    if (sector < 0 || sector > Long.MAX_VALUE / BlockSource.SECTOR_BYTES) {
      throw new UsageException("sector %d is beyond any device".formatted(sector));
    }
    synchronized (recoveries) {
      for (Policy policy : Policy.values()) {
        if (!recoveries.containsKey(policy)) {
          recoveries.put(
              policy, Replayers.replay(ReplayRequest.of(session.request(), policy, progress)));
        }
      }
      return AddressHistory.of(session, sector, recoveries, progress);
    }
  }

  /** Forgets what was replayed, as the images have been written. */
  public void forget() {
    stop();
    synchronized (recoveries) {
      recoveries.clear();
    }
  }

  /** Stops what is being looked up. */
  public void stop() {
    if (working != null) {
      working.cancel();
    }
  }
}
