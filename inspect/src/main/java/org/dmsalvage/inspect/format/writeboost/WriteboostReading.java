package org.dmsalvage.inspect.format.writeboost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.format.Detection.Confidence;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * As what an image is read: format, convention, order.
 *
 * <p>The segments decide, not the superblock, of which one byte is easily lost: a bounded number of
 * slots, spread over the device, is looked at for each order and convention, and the reading under
 * which most segments stand in their slots and are whole wins. Byte 4 of the superblock breaks
 * ties. Without a single segment nothing can be decided, and nothing depends on it.
 *
 * @param format one of {@link #FORMATS}
 * @param convention how segments say that they are whole
 * @param geometry where things stand: of the device on which the log was written
 * @param imageBytes size of the image, from which a driver would work out another geometry if it is
 *     not that of the device
 * @param superblock what the superblock says
 * @param wholeSegments how many of the segments looked at are whole and in their slots
 * @param confidence how sure the reading is; empty if nothing speaks for writeboost
 * @param evidence what speaks for and against it, one sentence each
 */
public record WriteboostReading(
    String format,
    Convention convention,
    WriteboostGeometry geometry,
    long imageBytes,
    Superblock superblock,
    int wholeSegments,
    Optional<Confidence> confidence,
    List<String> evidence) {

  /** The driver of September 2013, with laps. */
  public static final String FORMAT_2013 = "writeboost-2013";

  /** The staging patch of December 2014, and 1.0.x, which writes the same. */
  public static final String FORMAT_2014 = "writeboost-2014";

  /** The module 2.x. */
  public static final String FORMAT_2 = "writeboost-2";

  /** All names. */
  public static final List<String> FORMATS = List.of(FORMAT_2013, FORMAT_2014, FORMAT_2);

  /** The order of all 2.x caches, and the default of 2014. */
  private static final int USUAL_ORDER = 10;

  /** So few wrong bits in the magic still point to writeboost. */
  private static final int FEW_BITS = 2;

  /** So many headers in their slots are no accident, even if none is whole. */
  private static final int MANY_HEADERS = 4;

  /** Keeps a copy of the evidence. */
  public WriteboostReading {
    evidence = List.copyOf(evidence);
  }

  /** {@return whether the image has room for another number of segments than the log had} */
  public boolean resized() {
    return WriteboostGeometry.of(imageBytes, geometry.order()).segmentCount()
        != geometry.segmentCount();
  }

  /**
   * Looks at an image.
   *
   * @param source the image; read in small pieces, a few megabytes at most
   * @param format the format that the user insists on; null to let the segments decide
   */
  public static WriteboostReading of(BlockSource source, @Nullable String format) {
    return new Reader(source, format).read();
  }

  /** What was seen under one order and convention. */
  private record Score(
      Convention convention, WriteboostGeometry geometry, VariantSample.Counts counts) {

    int order() {
      return geometry.order();
    }

    int whole() {
      return counts.whole();
    }

    int placed() {
      return counts.placed();
    }
  }

  /** Tries the readings. */
  private static final class Reader {
    private final BlockSource source;
    private final @Nullable String wanted;
    private final Superblock superblock;
    private final int orderByte;
    private final List<String> evidence = new ArrayList<>();

    Reader(BlockSource source, @Nullable String wanted) {
      this.source = source;
      this.wanted = wanted;
      this.superblock = Superblock.read(source);
      this.orderByte = superblock.header().order();
    }

    WriteboostReading read() {
      Score best = best();
      String format = format(best);
      WriteboostGeometry geometry = best.geometry;
      boolean wraps = best.convention.hasChecksum() && VariantSample.wraps(source, geometry);
      Optional<Confidence> confidence = confidence(best);
      describe(best, geometry, wraps);
      return new WriteboostReading(
          format,
          best.convention,
          geometry.withWrap(wraps),
          source.size(),
          superblock,
          best.whole(),
          confidence,
          evidence);
    }

    /** Most whole segments; then byte 4; then most headers in their slots. */
    private Score best() {
      Score best = null;
      for (Convention convention : Convention.values()) {
        if (!allowed(convention)) {
          continue;
        }
        for (int order = WriteboostGeometry.MIN_ORDER; order <= convention.maxOrder(); order++) {
          if ((convention == Convention.COMPLEMENTED_CRC || FORMAT_2.equals(wanted))
              && order != USUAL_ORDER) {
            continue;
          }
          WriteboostGeometry geometry = WriteboostGeometry.of(source.size(), order);
          Score score = score(convention, geometry);
          OptionalLong segments = VariantSample.segments(source, geometry, convention);
          if (segments.isPresent() && segments.getAsLong() != geometry.segmentCount()) {
            Score other = score(convention, geometry.withSegments(segments.getAsLong()));
            score = other.whole() > 0 && better(other, score) ? other : score;
          }
          if (best == null || better(score, best)) {
            best = score;
          }
        }
      }
      if (best == null) {
        throw new IllegalArgumentException("no format " + wanted);
      }
      return best;
    }

    private Score score(Convention convention, WriteboostGeometry geometry) {
      return new Score(convention, geometry, VariantSample.count(source, geometry, convention));
    }

    private boolean allowed(Convention convention) {
      return wanted == null
          || switch (convention) {
            case LAPS -> wanted.equals(FORMAT_2013);
            case RAW_CRC -> wanted.equals(FORMAT_2014) || wanted.equals(FORMAT_2);
            case COMPLEMENTED_CRC -> wanted.equals(FORMAT_2);
          };
    }

    private boolean better(Score score, Score than) {
      if (score.whole() != than.whole()) {
        return score.whole() > than.whole();
      }
      int preference = Integer.compare(preference(score), preference(than));
      // Without a whole segment, headers in their slots say more than one byte.
      if (score.whole() == 0
          && Math.max(score.placed(), than.placed()) >= MANY_HEADERS
          && score.placed() != than.placed()) {
        return score.placed() > than.placed();
      }
      return preference > 0 || (preference == 0 && score.placed() > than.placed());
    }

    /** How well byte 4 agrees. */
    private int preference(Score score) {
      boolean orderFits =
          score.convention == Convention.COMPLEMENTED_CRC
              ? !plausibleOrderByte()
              : score.order() == orderByte;
      // Where byte 4 names an order that all had, 2014 is the likelier one.
      int likelier = score.convention == Convention.LAPS ? 0 : 1;
      return orderFits ? 4 + likelier : score.order() == USUAL_ORDER ? 2 : 0;
    }

    private boolean plausibleOrderByte() {
      return orderByte >= WriteboostGeometry.MIN_ORDER && orderByte <= WriteboostGeometry.MAX_ORDER;
    }

    private String format(Score best) {
      if (wanted != null) {
        return wanted;
      }
      return switch (best.convention) {
        case LAPS -> FORMAT_2013;
        case COMPLEMENTED_CRC -> FORMAT_2;
        case RAW_CRC -> {
          // 2.0.0 and 2.0.1 leave byte 4 as it was; 2014 wrote the order there, and one flipped
          // bit does not make it another version.
          boolean order = Integer.bitCount(orderByte ^ best.order()) <= 1 || plausibleOrderByte();
          yield best.order() != USUAL_ORDER || order ? FORMAT_2014 : FORMAT_2;
        }
      };
    }

    private Optional<Confidence> confidence(Score best) {
      SuperblockHeader header = superblock.header();
      boolean several = best.whole() > 1;
      if (header.magicRight()) {
        return Optional.of(best.whole() > 0 ? Confidence.CERTAIN : Confidence.LIKELY);
      }
      if (best.whole() > 0) {
        boolean trace = header.wrongMagicBits() <= FEW_BITS;
        return Optional.of(several || trace ? Confidence.LIKELY : Confidence.POSSIBLE);
      }
      boolean trace = header.wrongMagicBits() <= FEW_BITS && source.size() >= 512;
      return trace ? Optional.of(Confidence.POSSIBLE) : Optional.empty();
    }

    private void describe(Score best, WriteboostGeometry geometry, boolean wraps) {
      SuperblockHeader header = superblock.header();
      if (header.magicRight()) {
        evidence.add("offset 0: the magic number of writeboost, byte 4 is " + orderByte);
      } else {
        evidence.add(
            "offset 0: 0x%08x instead of the magic number 0x%08x (differing bits: %d)"
                .formatted(header.magic(), SuperblockHeader.MAGIC, header.wrongMagicBits()));
      }
      if (best.counts.used() == 0) {
        evidence.add(
            "no segment was ever written, as far as was looked; the version cannot be told");
      } else {
        evidence.add(
            "order %d, %s: of %d slots looked at %d were written, %d of them hold an id of theirs,"
                    .formatted(
                        best.order(),
                        best.convention.label(),
                        best.counts.looked(),
                        best.counts.used(),
                        best.placed())
                + " and of %d verified %d are whole".formatted(best.counts.tried(), best.whole()));
      }
      long fits = WriteboostGeometry.of(source.size(), geometry.order()).segmentCount();
      if (fits != geometry.segmentCount()) {
        evidence.add(
            "the ids are those of a log of %d segments, on a device of %d bytes; in the image's %d"
                    .formatted(geometry.segmentCount(), geometry.deviceBytes(), source.size())
                + " bytes there is room for %d".formatted(fits));
      }
      if (geometry.wrapMatters()) {
        evidence.add(
            wraps
                ? "segments beyond 2 TiB stand where 32-bit arithmetic puts them"
                : "no segment stands where 32-bit arithmetic would put one beyond 2 TiB");
      }
    }
  }
}
