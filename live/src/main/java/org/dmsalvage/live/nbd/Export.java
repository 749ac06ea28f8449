package org.dmsalvage.live.nbd;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.live.engine.LiveDevice;

/**
 * A device under the name that clients ask for.
 *
 * @param name at most 4096 bytes in UTF-8
 * @param description a sentence for people; may be empty
 * @param device what is served; clients may write to it if it is a {@link LiveDevice}
 * @param contexts the maps that clients can ask for, by name of the metadata context
 * @param traffic what clients have asked
 */
public record Export(
    String name,
    String description,
    BlockSource device,
    Map<String, ExtentMap> contexts,
    Traffic traffic) {

  /** The context that every server should have: where a device has holes. */
  static final String ALLOCATION = "base:allocation";

  /** The context that tells what of a device is only in its cache. */
  public static final String DIRTY = "dmsalvage:dirty";

  /** In {@link #DIRTY}: the newest version is not on the backing device. */
  public static final int STATE_DIRTY = 1;

  /**
   * Makes an export whose only context is {@code base:allocation}.
   *
   * @param name at most 4096 bytes in UTF-8
   * @param description a sentence for people
   * @param device what is served
   */
  public Export(String name, String description, BlockSource device) {
    this(name, description, device, Map.of(ALLOCATION, allocation(device)), new Traffic());
  }

  /** {@return this export with the context {@value #DIRTY}} */
  public Export withDirty(ExtentMap dirty) {
    Map<String, ExtentMap> more = new LinkedHashMap<>(contexts);
    more.put(DIRTY, dirty);
    return new Export(name, description, device, more, traffic);
  }

  /** {@return the device as one that can be written; empty if it is read-only} */
  Optional<LiveDevice> writable() {
    return device instanceof LiveDevice live ? Optional.of(live) : Optional.empty();
  }

  /** {@return whether clients can only read} */
  public boolean isReadOnly() {
    return writable().isEmpty();
  }

  /** {@return the transmission flags} */
  int flags(boolean structured) {
    int flags =
        Protocol.HAS_FLAGS
            | Protocol.SEND_FLUSH
            | Protocol.SEND_FUA
            | Protocol.CAN_MULTI_CONN
            | Protocol.SEND_CACHE;
    flags |= isReadOnly() ? Protocol.READ_ONLY : Protocol.SEND_TRIM | Protocol.SEND_WRITE_ZEROES;
    return structured ? flags | Protocol.SEND_DF : flags;
  }

  private static ExtentMap allocation(BlockSource device) {
    return (offset, _) -> {
      long data = device.nextData(offset);
      return data > offset
          ? new Extent(data, Protocol.STATE_HOLE | Protocol.STATE_ZERO)
          : new Extent(Math.max(device.nextHole(offset), offset + 1), 0);
    };
  }
}
