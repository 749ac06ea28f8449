package org.dmsalvage.live.control;

import java.util.Map;
import java.util.function.Function;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.insitu.InsituEngine;
import org.dmsalvage.live.writeboost.WriteboostEngine;
import org.dmsalvage.live.writecache.WritecacheEngine;

/** The targets that can be run; a further one is one more line in {@link #ALL}. */
final class TargetTypes {

  private static final Map<String, Function<DmTable, CacheEngine>> ALL =
      Map.of(
          "writecache", WritecacheEngine::open,
          "writeboost", WriteboostEngine::open,
          "insitu_comp", InsituEngine::open);

  private TargetTypes() {}

  /**
   * Starts the device that a table line describes.
   *
   * @throws UsageException if there is no such target
   */
  static CacheEngine open(DmTable table) {
    Function<DmTable, CacheEngine> opener = ALL.get(table.target());
    if (opener == null) {
      throw new UsageException("the target '%s' cannot be run".formatted(table.target()));
    }
    return opener.apply(table);
  }
}
