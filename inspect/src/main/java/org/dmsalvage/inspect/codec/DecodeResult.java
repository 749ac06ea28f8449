package org.dmsalvage.inspect.codec;

/** What a {@link Decoder} made of a stream. Mutable, so that a scan needs only one. */
public final class DecodeResult {

  private DecodeStatus status = DecodeStatus.INPUT_OVERRUN;
  private int consumed;
  private int produced;

  /** An empty result. */
  public DecodeResult() {}

  /** {@return how decoding ended} */
  public DecodeStatus status() {
    return status;
  }

  /**
   * {@return the bytes of input that were read: of a stream that came to its end, its exact length}
   */
  public int consumed() {
    return consumed;
  }

  /** {@return the plain bytes that stand at the start of the output range} */
  public int produced() {
    return produced;
  }

  DecodeStatus set(DecodeStatus newStatus, int newConsumed, int newProduced) {
    status = newStatus;
    consumed = newConsumed;
    produced = newProduced;
    return newStatus;
  }

  @Override
  public String toString() {
    return status + ", " + consumed + " bytes read, " + produced + " bytes produced";
  }
}
