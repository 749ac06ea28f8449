package org.dmsalvage.inspect.check;

/** One kind of finding. Implemented by one enum a format. */
public interface FindingCode {

  /** {@return the stable, printed identifier, such as {@code WB-CHECKSUM}} */
  String id();

  /** {@return the severity unless a finding says otherwise} */
  Severity severity();

  /** {@return what it means for the data, in one sentence} */
  String meaning();

  /** {@return what can be done about it, in one sentence} */
  String remedy();
}
