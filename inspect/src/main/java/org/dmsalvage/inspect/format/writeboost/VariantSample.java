package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.dmsalvage.inspect.io.BlockSource;

/** Looks at a bounded number of slots under one order and convention. */
final class VariantSample {

  /** The log begins at slot 0, so a hardly used one is found here. */
  private static final int FIRST_SLOTS = 24;

  /** Further slots, evenly spread. */
  private static final int SPREAD_SLOTS = 72;

  /** Rounds that are tried. */
  private static final long MOST_ROUNDS = 1 << 20;

  /** Of how many times as many segments an image may be a part. */
  private static final long MOST_TIMES = 16;

  /** Segments whose data is read. */
  private static final int VERIFIED = 6;

  private VariantSample() {}

  /**
   * What was seen.
   *
   * @param looked slots looked at
   * @param used slots that hold anything but id 0
   * @param placed slots whose id belongs there and whose length is possible
   * @param tried segments of which the checksum was computed or the laps compared
   * @param whole those whose checksum is right or whose laps agree
   */
  record Counts(int looked, int used, int placed, int tried, int whole) {}

  /** A header that may be one. */
  private record Candidate(long slot, int length) {}

  /** So many headers with the same distance from their slots are no accident. */
  private static final int ROUND = 3;

  /**
   * Works out how many segments the log had, from ids alone: a segment that was written in round k,
   * counted from 0, has an id that is {@code k * segments + 1} more than its slot. On a device that
   * has been cut off or lengthened since, this is not the number that its size gives.
   *
   * @return the number; empty if the ids say nothing, as those of the first round do not
   */
  static OptionalLong segments(
      BlockSource source, WriteboostGeometry geometry, Convention convention) {
    ByteBuffer buffer = buffer(WriteboostGeometry.BLOCK_BYTES);
    Map<Long, Integer> headers = new HashMap<>();
    Map<Long, Long> farthest = new HashMap<>();
    for (long slot : slots(geometry.segmentCount()).toArray()) {
      if (readHeader(source, geometry.startByte(slot), buffer)
          && convention.length(buffer, 0) <= geometry.blocksPerSegment()) {
        long ahead = convention.id(buffer, 0) - 1 - slot;
        if (ahead >= 0) {
          headers.merge(ahead, 1, Integer::sum);
          farthest.merge(ahead, slot, Math::max);
        }
      }
    }
    List<Long> rounds =
        headers.entrySet().stream()
            .filter(found -> found.getValue() >= ROUND)
            .sorted(Map.Entry.<Long, Integer>comparingByValue().reversed())
            .limit(2)
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    if (rounds.isEmpty() || rounds.getLast() == 0) {
      return OptionalLong.empty();
    }
    long last = rounds.stream().mapToLong(farthest::get).max().orElse(0);
    long whole = rounds.getLast();
    long step = whole - (rounds.size() > 1 ? rounds.getFirst() : 0);
    OptionalLong segments =
        rounds.size() > 1 ? OptionalLong.of(step) : likeliest(whole, last, headers, farthest);
    long most = MOST_TIMES * (geometry.segmentCount() + FIRST_SLOTS);
    return segments.isPresent()
            && whole % segments.getAsLong() == 0
            && segments.getAsLong() > last
            && segments.getAsLong() <= most
        ? segments
        : OptionalLong.empty();
  }

  /**
   * Of one round alone, nothing says which one it is: the number for which the most headers stand
   * in their slots, single ones too; of several, the least, so that no more is missing than must
   * be.
   */
  private static OptionalLong likeliest(
      long whole, long last, Map<Long, Integer> headers, Map<Long, Long> farthest) {
    OptionalLong likeliest = OptionalLong.empty();
    int most = 0;
    for (long round = Math.min(whole / (last + 1), MOST_ROUNDS); round > 0; round--) {
      if (whole % round == 0) {
        int placed = placed(whole / round, headers, farthest);
        if (placed > most) {
          most = placed;
          likeliest = OptionalLong.of(whole / round);
        }
      }
    }
    return likeliest;
  }

  private static int placed(long segments, Map<Long, Integer> headers, Map<Long, Long> farthest) {
    int placed = 0;
    for (Map.Entry<Long, Integer> found : headers.entrySet()) {
      long ahead = found.getKey();
      boolean fits = ahead % segments == 0 && farthest.getOrDefault(ahead, 0L) < segments;
      placed += fits ? found.getValue() : 0;
    }
    return placed;
  }

  static Counts count(BlockSource source, WriteboostGeometry geometry, Convention convention) {
    long segments = geometry.segmentCount();
    int used = 0;
    int whole = 0;
    List<Candidate> candidates = new ArrayList<>();
    ByteBuffer buffer = buffer(geometry.segmentBytes());
    long[] slots = slots(segments).toArray();
    for (long slot : slots) {
      if (readHeader(source, geometry.startByte(slot), buffer) && convention.id(buffer, 0) != 0) {
        used++;
        int length = convention.length(buffer, 0);
        boolean placed = geometry.slotOf(convention.id(buffer, 0)) == slot;
        if (placed && length <= geometry.blocksPerSegment()) {
          candidates.add(new Candidate(slot, length));
          if (convention == Convention.LAPS && length > 0) {
            whole += isWholeLap(geometry, buffer, length) ? 1 : 0;
          }
        }
      }
    }
    if (convention == Convention.LAPS) {
      return new Counts(slots.length, used, candidates.size(), candidates.size(), whole);
    }
    List<Candidate> shortest =
        candidates.stream()
            .sorted(Comparator.comparingInt(Candidate::length))
            .limit(VERIFIED)
            .toList();
    for (Candidate candidate : shortest) {
      buffer.clear().limit(Convention.writtenBytes(candidate.length));
      long start = geometry.startByte(candidate.slot);
      boolean present = start + buffer.limit() <= source.size();
      if (present
          && source.readAround(start, buffer).isEmpty()
          && convention.checksum(buffer.flip()) == convention.mark(buffer, 0)) {
        whole++;
      }
    }
    return new Counts(slots.length, used, candidates.size(), shortest.size(), whole);
  }

  /** Laps that agree are not enough here: so do those in a run of equal bytes. */
  private static boolean isWholeLap(WriteboostGeometry geometry, ByteBuffer buffer, int length) {
    long expected = geometry.lapOf(SegmentHeader2013.id(buffer, 0));
    long lap = Integer.toUnsignedLong(SegmentHeader2013.lap(buffer, 0));
    return lap == expected && Convention.lapsAgree(buffer, 0, length);
  }

  /**
   * {@return whether more ids of the slots beyond 2 TiB stand where 32-bit arithmetic puts them
   * than where they should}
   */
  static boolean wraps(BlockSource source, WriteboostGeometry geometry) {
    if (!geometry.wrapMatters()) {
      return false;
    }
    long far = (0x1_0000_0000L - WriteboostGeometry.SUPERBLOCK_SECTORS) >> geometry.order();
    long segments = geometry.segmentCount();
    int plain = 0;
    int wrapped = 0;
    ByteBuffer buffer = buffer(WriteboostGeometry.BLOCK_BYTES);
    for (long slot : slots(segments - far).map(s -> s + far).toArray()) {
      plain += holds(source, geometry, slot, buffer) ? 1 : 0;
      wrapped += holds(source, geometry.withWrap(true), slot, buffer) ? 1 : 0;
    }
    return wrapped > plain;
  }

  private static boolean holds(
      BlockSource source, WriteboostGeometry geometry, long slot, ByteBuffer buffer) {
    if (!readHeader(source, geometry.startByte(slot), buffer)) {
      return false;
    }
    long id = SegmentHeader.id(buffer, 0);
    return id != 0 && geometry.slotOf(id) == slot;
  }

  private static LongStream slots(long segments) {
    if (segments <= FIRST_SLOTS + SPREAD_SLOTS) {
      return LongStream.range(0, segments);
    }
    long step = (segments - FIRST_SLOTS) / SPREAD_SLOTS;
    return LongStream.concat(
        LongStream.range(0, FIRST_SLOTS),
        LongStream.range(0, SPREAD_SLOTS).map(i -> FIRST_SLOTS + i * step));
  }

  private static boolean readHeader(BlockSource source, long start, ByteBuffer buffer) {
    buffer.clear().limit(WriteboostGeometry.BLOCK_BYTES);
    return start + WriteboostGeometry.BLOCK_BYTES <= source.size()
        && source.readAround(start, buffer).isEmpty();
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
