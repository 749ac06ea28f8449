package org.dmsalvage.inspect.check;

import org.dmsalvage.inspect.io.ByteRange;

/**
 * Something that an examination found.
 *
 * @param code what kind
 * @param severity how bad it is here
 * @param image name of the image
 * @param where bytes of the image that it is about
 * @param message what was expected and what was found
 */
public record Finding(
    FindingCode code, Severity severity, String image, ByteRange where, String message) {

  /** A finding with the usual severity of its code. */
  public Finding(FindingCode code, String image, ByteRange where, String message) {
    this(code, code.severity(), image, where, message);
  }
}
