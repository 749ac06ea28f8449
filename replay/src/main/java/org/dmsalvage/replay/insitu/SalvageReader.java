package org.dmsalvage.replay.insitu;

import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.DecodeStatus;
import org.dmsalvage.inspect.format.insitu.ExtentProver;
import org.dmsalvage.inspect.format.insitu.ExtentState;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Reads an extent as the bitmap describes it, as far as something speaks for its bytes.
 *
 * <ul>
 *   <li>What proves itself is shown, as much of it as belongs to the extent: also where the bitmap
 *       describes another payload.
 *   <li>What is stored without compression is shown.
 *   <li>What decompresses up to bytes that cannot be read is shown that far, in whole sectors.
 *   <li>What the driver would return is shown, in whole sectors, without the memory that it never
 *       wrote to. If it would return part of a block, sectors of different payloads are mixed: what
 *       comes out of the last one is not where it belongs, and is not shown either.
 *   <li>Of a payload that contradicts itself nothing is shown: what comes out before the
 *       contradiction may be rubbish, and nothing tells.
 * </ul>
 */
final class SalvageReader implements ExtentReader {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final ExtentProver prover;
  private final DriverReader driver;
  private ExtentState state = ExtentState.UNWRITTEN;
  private boolean fromDriver;

  SalvageReader(BlockSource source, InsituGeometry geometry, Codec codec) {
    this.prover = new ExtentProver(source, geometry, codec);
    this.driver = new DriverReader(source, geometry, codec);
  }

  @Override
  public long read(long first, long blocks, long sectors) {
    long extent = blocks * InsituGeometry.BLOCK_BYTES;
    state = prover.prove(first, blocks, sectors);
    fromDriver = false;
    if (sectors == blocks * InsituGeometry.BLOCK_SECTORS) {
      return extent;
    }
    return switch (state) {
      case OK, DOUBTFUL -> extent;
      case STALE -> Math.min(extent, prover.plainBytes());
      case UNREADABLE -> wholeSectors(prover.plainBytes());
      default -> {
        fromDriver = true;
        long bytes = wholeSectors(driver.read(first, blocks, sectors));
        yield bytes % InsituGeometry.BLOCK_BYTES == 0
            ? bytes
            : beforeLastSector(first, sectors, bytes);
      }
    };
  }

  /** {@return how many of these bytes do not come out of the last sector of a payload} */
  private long beforeLastSector(long first, long sectors, long bytes) {
    // A payload of one sector is not torn.
    if (sectors < 2
        || prover.begin(first, (int) (sectors - 1) * SECTOR) != DecodeStatus.INPUT_OVERRUN) {
      return bytes;
    }
    return Math.min(bytes, wholeSectors(prover.plainBytes()));
  }

  private static long wholeSectors(long bytes) {
    return bytes / SECTOR * SECTOR;
  }

  /** {@return what the last extent is} */
  ExtentState state() {
    return state;
  }

  /** {@return what was expected and found of the last extent} */
  String detail() {
    return prover.detail();
  }

  /** {@return the trailing proof of the last extent, and its window} */
  ExtentProver prover() {
    return prover;
  }

  /** {@return a reader under the driver's rules, for comparison; moved by {@link #read} too} */
  DriverReader driver() {
    return driver;
  }

  @Override
  public byte[] plain() {
    return fromDriver ? driver.plain() : prover.plain();
  }

  @Override
  public byte filling() {
    return 0;
  }

  @Override
  public void close() {
    prover.close();
    driver.close();
  }
}
