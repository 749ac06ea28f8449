package org.dmsalvage.inspect.check;

/** One kind of finding. Implemented by one enum a format. */
public interface FindingCode {

  /**
   * What there is to say of a kind of finding, wherever it is found.
   *
   * @param id the stable, printed identifier, such as {@code WB-CHECKSUM}
   * @param severity the severity unless a finding says otherwise
   * @param meaning what it means for the data, in one sentence
   * @param remedy what can be done about it, in one sentence
   */
  record About(String id, Severity severity, String meaning, String remedy) {}

  /** {@return what there is to say of it} */
  About about();

  /** {@return the stable, printed identifier, such as {@code WB-CHECKSUM}} */
  default String id() {
    return about().id();
  }

  /** {@return the severity unless a finding says otherwise} */
  default Severity severity() {
    return about().severity();
  }

  /** {@return what it means for the data, in one sentence} */
  default String meaning() {
    return about().meaning();
  }

  /** {@return what can be done about it, in one sentence} */
  default String remedy() {
    return about().remedy();
  }
}
