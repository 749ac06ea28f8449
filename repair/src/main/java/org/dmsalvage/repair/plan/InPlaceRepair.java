package org.dmsalvage.repair.plan;

import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.dmsalvage.replay.undo.PlacedChanges;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * Writes a plan into the images that it was made for. What a sector held is on stable storage in
 * the undo file before it is overwritten, and everything that changes in the cache is on stable
 * storage before its log is touched: what is taken from the log is in the cache by then.
 *
 * <p>A repair that was stopped is planned anew on the images as they were, which the undo file
 * knows. So the plan is the same, and this writes what is missing.
 */
public final class InPlaceRepair {

  /**
   * An image to write, or what of it lies on one device.
   *
   * @param role which image
   * @param device open for writing
   * @param layout where the image lies, in pieces of whole sectors
   * @param index of the device in the layout
   * @param target the device as the undo file shall know it
   * @param number which of the devices of its role it is, from 0
   */
  public record Place(
      Role role, BlockDevice device, Layout layout, int index, UndoTarget target, int number) {

    /**
     * An image that lies on one device.
     *
     * @param role which image
     * @param device open for writing
     * @param base where the image begins on it, in bytes, a multiple of 512
     * @param target the device as the undo file shall know it
     */
    public Place(Role role, BlockDevice device, long base, UndoTarget target) {
      this(role, device, Layout.window(0, base, device.size() - base), 0, target, 0);
    }
  }

  private InPlaceRepair() {}

  /**
   * Writes; everything is durable on return, and the undo file says that it is complete.
   *
   * @param plan to carry out
   * @param places of all images that it changes, the cache first
   * @param file that was begun for {@link Plan#purpose()} and the targets of the places
   * @param batchBytes how much is saved before it is written, a multiple of 512
   * @param progress told about bytes; checked for the wish to stop
   * @return bytes that differed and were written
   * @throws OutputException if anything cannot be saved or written; the repair can then be run
   *     again, or undone
   */
  public static long run(
      Plan plan, List<Place> places, UndoFile file, int batchBytes, Progress progress) {
    OpenRequest repaired = plan.repaired();
    long written = 0;
    for (Place place : places) {
      BlockSource image =
          place.role == Role.PLOG ? Objects.requireNonNull(repaired.plog()) : repaired.cache();
      PlanChanges changes = new PlanChanges(plan.actions(place.role), image, 0);
      progress.begin("repairing " + place.device.name(), changes.bytes());
      InPlaceWriter.Result result =
          new InPlaceWriter(place.device, file, file.target(place.target, place.number), batchBytes)
              .apply(
                  new PlacedChanges(changes, place.layout, place.index),
                  progress,
                  "the cache is being repaired: run the same command again to go on, or"
                      + " 'dmsalvage undo %s' to go back to what was".formatted(file.name()));
      if (result.notWritten().count() > 0) {
        throw new OutputException(
            place.device.name(),
            "cannot be repaired completely: "
                + result.notWritten().kept().getFirst().reason()
                + "; 'dmsalvage undo %s' goes back to what was".formatted(file.name()));
      }
      written += result.written();
    }
    file.mark(UndoState.COMPLETE);
    return written;
  }
}
