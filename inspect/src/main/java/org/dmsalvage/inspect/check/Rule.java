package org.dmsalvage.inspect.check;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the drivers are known to do, by the numbers that messages cite: "(rule W14)".
 *
 * <p>W is dm-writeboost since 2014, P its persistent log, V what only its versions 1.0 and 2.x do,
 * F dm-writeboost of 2013, C dm-writecache and I dm-insitu-comp. Numbers are never given to another
 * rule.
 */
public enum Rule {
  W1("Segments are found by the size of the device as it is now; the geometry is not stored."),
  W4("The first sector of a segment is under no checksum: a wrong id is believed."),
  W5("Clean sectors of a partly dirty block hold other data under a good checksum."),
  W6("Empty segments are normal and frequent."),
  W8("Starts of segments are computed in 32 bits: beyond 2 TiB far slots fall on near ones."),
  W9("A wrong magic number, or write_around_mode 1, makes the driver format the cache."),
  W10("A superblock with another segment_size_order than the table's is refused."),
  W11("A cache without room for a segment stops the kernel; one with room for one only hangs."),
  W12("Replay starts behind the greatest id of all headers, checked or not, and goes round once."),
  W13("A torn newest segment is the last one visited: only it is lost."),
  W14(
      "Replay starts at a slot whose new contents were cut off, and stops there: the whole log is"
          + " dropped."),
  W15("Replay stops at the first bad checksum: every later segment is dropped."),
  W16("A lost segment whose slot was never used before is skipped."),
  W17(
      "A lost segment leaves the one of a round before in its slot; it is applied last, over newer"
          + " data."),
  W18("After such a slot ids go back a round, are used again and overwrite other segments."),
  W19("A slot with a far too great id moves the start of replay, and can stop it at once."),
  W20("A metablock without dirty bits is a kernel BUG at attach."),
  W21(
      "Addresses are not checked: unaligned ones are never found, those beyond the end break"
          + " write-back."),
  W22("Of a segment with too great a length the checksum is computed behind the buffer."),
  W24(
      "Replacing a dirty copy by a partial one writes the older one's sectors to the disk at"
          + " once."),
  W27("Segments up to the record are applied but never written back: drop_caches or attach hangs."),
  W28("A record beyond the newest id makes write-back, or the attach, run on for ever."),
  W31("Discards reach the backing device only: replay brings discarded blocks back."),
  W34("Segments are not written in order: one may be lost although newer ones arrived."),
  P1("The number of plog segments is not stored: it depends on the device and on nr_rambuf_pool."),
  P3("The checksum of a plog covers its data, not its id, address and length."),
  P4("Plogs are replayed from the smallest head id on, as long as each head is one more."),
  P5("A stale plog segment is the smallest head: the walk ends there, newer plogs are ignored."),
  P6("Stale plogs are written over whatever their slots hold now."),
  P7("A plog segment keeps older plogs behind its newest ones."),
  P8("Ids are used again after a fall back: plog and cache have one id with different contents."),
  P9("A torn or lost plog ends its segment: the plogs behind it are lost."),
  P10("A plog segment that is full to the last sector is read, or written, behind its buffer."),
  P11("A segment rebuilt from plogs has zeros in its clean sectors."),
  P12("Plogs stand in for segments that were torn or never reached the cache."),
  P14("An empty plog segment ends the walk."),
  V1(
      "From 2.2.4 on segments up to the record count as clean: their partial blocks show what was"
          + " before."),
  V2("A clean block of the read cache replaces dirty copies, and shows as long as it is newest."),
  F1("Orders 4 to 11; a segment's header takes up to seven sectors."),
  F3("Metablock 0 may be skipped: it counts but holds nothing."),
  F6("Replay stops where laps disagree, and believes ids that are in the wrong slot."),
  F7("A length beyond the segment is not checked."),
  F9("The oldest segment of a full log was always migrated; it is applied all the same."),
  F12("Data has no checksum: a torn newest segment is applied with whatever the slot held."),
  F13("A torn segment under an old header is applied as the old one, with new data in it."),
  F14("Replay starts or ends at a lost segment: everything on the other side is dropped."),
  F15("Migrated segments that were discarded are applied again: zeros over good data."),
  F16("Ids of dropped segments are used again: left over ones with fitting ids are applied."),
  F17("After a fall back blocks in the RAM buffer count as migrated, and are written as clean."),
  F18("The record is written every minute."),
  F19("Segments up to the record are not applied, even if an overwrite kept them from migration."),
  F20("A record beyond the newest id makes migration run on for ever."),
  F23("A wrong order leads to an oops, a wrong magic number to a formatted cache."),
  C1("A superblock with another magic, version or block size, or of another device, is refused."),
  C2("A superblock whose magic and version are zero is formatted."),
  C3("An entry that was never committed is discarded."),
  C4("Of two entries of one sequence the later one counts, and the error flag is set."),
  C5("A wiped entry counts as a committed copy of sector 0."),
  C6("If metadata cannot be read, no cached block shows, or none from there on."),
  C7("An entry with an unaligned address makes reads of the block that it lies in fail."),
  C8("Write-back of blocks beyond the end of the origin is dropped, or fails."),
  I2("The sizes in the superblock must be those that follow from the size of the device."),
  I3("Some sizes of devices overflow: they can never be used."),
  I4("A tail bit on block 0 makes the driver look for its head before the bitmap: an oops."),
  I6("A wrong magic formats the device; a wrong version is refused; other compressors crash."),
  I8("An extent is at most 32 blocks, and its payload the sum of what its blocks say."),
  I11("An LZO stream must end exactly where its length says; deflate ends by itself."),
  I12("What an extent decompresses to is not compared with its size: the rest is old memory."),
  I17("Tails whose head was cleared join the extent before them."),
  I18(
      "Data is replaced in place and its bits later: after a crash old bits describe new"
          + " payloads.");

  private static final Pattern BETWEEN = Pattern.compile(", | and ");
  private static final Pattern CITATION =
      Pattern.compile("\\brules?\\s+([WPVFCI]\\d+(?:(?:, | and )[WPVFCI]\\d+)*)");
  private static final Map<String, Rule> BY_NUMBER =
      Arrays.stream(values()).collect(Collectors.toMap(Rule::name, Function.identity()));

  private final String meaning;

  Rule(String meaning) {
    this.meaning = meaning;
  }

  /** {@return what the driver does, in one sentence} */
  public String meaning() {
    return meaning;
  }

  /** {@return the rules that a message cites, in its order; numbers of no rule are passed over} */
  public static List<Rule> citedBy(String message) {
    return numbersIn(message).stream().filter(BY_NUMBER::containsKey).map(BY_NUMBER::get).toList();
  }

  /** {@return the numbers that a message cites as those of rules, in its order} */
  static List<String> numbersIn(String message) {
    return CITATION
        .matcher(message)
        .results()
        .flatMap(citation -> BETWEEN.splitAsStream(citation.group(1)))
        .toList();
  }
}
