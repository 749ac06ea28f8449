package org.dmsalvage.replay.property;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;

/**
 * Asks an image everything that can be asked, in text. A refusal is an answer, as long as it is one
 * of our own errors; all else comes through.
 */
final class Everything {
  private static final int MOST_ROWS = 20_000;
  private static final int MOST_BYTES = 64 << 10;

  private final OpenRequest request;
  private final StringBuilder answers = new StringBuilder();

  private Everything(OpenRequest request) {
    this.request = request;
  }

  /** All answers, one after the other. */
  static String about(OpenRequest request) {
    return new Everything(request).ask();
  }

  /** The answers in a few bytes. */
  static String digestAbout(OpenRequest request) {
    try {
      byte[] answers = about(request).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(answers));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private String ask() {
    answer("detected", () -> Formats.detect(request.cache()));
    try {
      about(Formats.open(request));
    } catch (SalvageException e) {
      answers.append("not opened: ").append(e.getMessage()).append('\n');
    }
    for (Policy policy : Policy.values()) {
      answer(policy.toString(), () -> replayed(policy));
    }
    return answers.toString();
  }

  private void answer(String question, Supplier<Object> answer) {
    answers.append(question).append(": ");
    try {
      answers.append(answer.get());
    } catch (SalvageException e) {
      if (e.getMessage() == null || e.getMessage().isBlank()) {
        throw new AssertionError("a refusal without a reason", e);
      }
      answers.append("refused: ").append(e.getMessage());
    }
    answers.append('\n');
  }

  private void about(CacheImage image) {
    answers.append(image.format()).append(", ").append(image.variant()).append('\n');
    answer("geometry", image::geometry);
    for (Depth depth : Depth.values()) {
      Findings findings = new Findings();
      answer(depth.toString(), () -> image.examine(depth, findings, Progress.NONE));
      answer("findings", () -> findings.kept() + " and " + findings.omitted());
    }
    for (Listing listing : image.listings()) {
      answer(listing.name(), () -> rows(image, listing.name(), RowFilter.ALL));
      RowFilter some =
          new RowFilter(
              new ByteRange(4096, 1 << 21),
              new ByteRange(4096, 1 << 18),
              listing.states().stream().limit(2).collect(Collectors.toSet()));
      answer("some " + listing.name(), () -> rows(image, listing.name(), some));
    }
    for (long sector : new long[] {0, 7, 4096, 1L << 40, (1L << 54) - 1}) {
      answer("versions", () -> image.versions(sector, Progress.NONE));
    }
  }

  private static String rows(CacheImage image, String listing, RowFilter filter) {
    StringBuilder rows = new StringBuilder();
    int[] count = new int[1];
    image.list(
        listing,
        filter,
        values -> {
          rows.append(Arrays.toString(values)).append('\n');
          return ++count[0] < MOST_ROWS;
        },
        Progress.NONE);
    return rows.toString();
  }

  private String replayed(Policy policy) {
    Recovery recovery = Replayers.replay(ReplayRequest.of(request, policy, Progress.NONE));
    ReplayReport report = recovery.report();
    StringBuilder text = new StringBuilder();
    text.append(report.format()).append(report.variant()).append(report.position());
    text.append(report.appliedBlocks()).append(' ').append(report.appliedSectors()).append('\n');
    for (LossList losses : new LossList[] {report.dropped(), report.atRisk(), report.lost()}) {
      text.append(losses.count()).append(' ').append(losses.sectors()).append(losses.kept());
    }
    text.append(report.findings().kept()).append(report.driver()).append('\n');
    report
        .differences()
        .ifPresent(
            differences -> {
              int[] count = new int[1];
              differences.forEach(
                  (offset, length, salvage, driver) -> {
                    if (count[0]++ < MOST_ROWS) {
                      text.append(offset).append('+').append(length).append(salvage).append(driver);
                    }
                  });
            });
    recovery.logical().ifPresent(device -> text.append(contents(device)));
    return text.toString();
  }

  /** The beginning, the end, and the beginning of each run. */
  private static String contents(LogicalDevice device) {
    StringBuilder text = new StringBuilder("logical " + device.size() + '\n');
    CRC32C sum = new CRC32C();
    read(device, 0, sum);
    read(device, Math.max(0, device.size() - MOST_BYTES), sum);
    int[] count = new int[1];
    device.forEachRun(
        (offset, length, origin) -> {
          if (count[0]++ < MOST_ROWS) {
            text.append(offset).append('+').append(length).append(origin).append('\n');
            read(device, offset, sum);
          }
        });
    if (device.size() >= 512) {
      text.append(device.originOf(device.size() / 512 - 1));
    }
    text.append(device.nextData(device.size() / 2)).append(device.nextHole(0));
    return text.append(sum.getValue()).toString();
  }

  private static void read(LogicalDevice device, long offset, CRC32C sum) {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(MOST_BYTES, device.size() - offset));
    device.readAround(offset, piece);
    sum.update(piece.flip());
  }
}
