package org.dmsalvage.gui.model;

import java.util.List;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.progress.Progress;

/**
 * What an examination found: the same as the command line's {@code check}.
 *
 * @param summary what it counted
 * @param findings what is wrong, or worth knowing
 * @param omitted how many further findings there are that were only counted
 * @param verified whether everything was read, not only headers
 */
public record Examination(Facts summary, List<Finding> findings, long omitted, boolean verified) {

  /** {@return the examination of an image} */
  public static Examination of(CacheImage image, Depth depth, Progress progress) {
    Findings findings = new Findings();
    Facts summary = image.examine(depth, findings, progress);
    long omitted = findings.omitted().values().stream().mapToLong(Long::longValue).sum();
    return new Examination(summary, findings.kept(), omitted, depth == Depth.VERIFY);
  }
}
