package org.dmsalvage.replay;

import java.util.List;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.replay.insitu.InsituReplayer;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Replayer;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.writeboost.WriteboostReplayer;
import org.dmsalvage.replay.writecache.WritecacheReplayer;

/** All replayers; a further one is one more line in {@link #ALL}. */
public final class Replayers {

  private static final List<Replayer> ALL =
      List.of(new WriteboostReplayer(), new WritecacheReplayer(), new InsituReplayer());

  private Replayers() {}

  /** {@return all replayers} */
  public static List<Replayer> all() {
    return ALL;
  }

  /**
   * Replays a cache in the format that the request names or that its bytes show.
   *
   * @param request the images and how to replay them
   * @throws UnsupportedImageException if no format is recognised
   * @throws UsageException if the named format does not exist, or the options contradict each other
   */
  public static Recovery replay(ReplayRequest request) {
    String format = format(request);
    return forFormat(format).replay(request.withImages(request.images().withFormat(format)));
  }

  /**
   * Opens the timeline of a cache in the format that the request names or that its bytes show.
   *
   * @param request the images and which life of the log is wanted
   * @throws UnsupportedImageException if no format is recognised
   * @throws UsageException if the format keeps no log, or the options contradict each other
   */
  public static Timeline timeline(ReplayRequest request) {
    String format = format(request);
    return forFormat(format).timeline(request.withImages(request.images().withFormat(format)));
  }

  private static String format(ReplayRequest request) {
    String format = request.images().format();
    return format != null ? format : Formats.open(request.images()).format();
  }

  /**
   * Finds the replayer of a format.
   *
   * @param format its name, one of {@link Formats#names}
   * @throws UsageException if there is no such format
   */
  public static Replayer forFormat(String format) {
    String family = Formats.byName(format).family();
    return ALL.stream().filter(r -> r.family().equals(family)).findFirst().orElseThrow();
  }
}
