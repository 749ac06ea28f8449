package org.dmsalvage.replay;

import java.util.List;
import java.util.OptionalLong;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.insitu.InsituReplayer;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Replayer;
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
   * @param images the cache and its companions
   * @param policy whose rules decide
   * @param logicalBytes size of the logical device where there is no backing device
   * @param progress told about bytes read
   * @throws UnsupportedImageException if no format is recognised
   * @throws UsageException if the named format does not exist
   */
  public static Recovery replay(
      OpenRequest images, Policy policy, OptionalLong logicalBytes, Progress progress) {
    String format = images.format();
    if (format == null) {
      format = Formats.open(images).format();
    }
    OpenRequest named = images.withFormat(format);
    return forFormat(format).replay(new ReplayRequest(named, policy, logicalBytes, progress));
  }

  private static Replayer forFormat(String format) {
    String family = Formats.byName(format).family();
    return ALL.stream().filter(r -> r.family().equals(family)).findFirst().orElseThrow();
  }
}
