package org.dmsalvage.inspect.volume;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.golden.DiskImages;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Whatever stands in tables, labels and texts, looking at a disk ends, and fails only as it says.
 */
class HostileDisksPropertyTest {

  /** As much of each image as holds its structures. */
  private static final List<byte[]> IMAGES = new ArrayList<>();

  static {
    try {
      Path directory = Files.createTempDirectory("hostile");
      String[][] names = {
        {"partition-tables", "gpt.img"},
        {"partition-tables", "mbr.img"},
        {"partition-tables", "mbr4096.img"},
        {"lvm-writecache", "pv1.img"},
        {"lvm-ring", "ring.img"}
      };
      for (String[] name : names) {
        Path file = DiskImages.unpack(name[0], name[1], directory);
        byte[] bytes = Files.readAllBytes(file);
        IMAGES.add(
            !name[1].equals("gpt.img") && bytes.length > 2 << 20
                ? Arrays.copyOf(bytes, 2 << 20)
                : bytes);
        Files.delete(file);
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Property(tries = 300)
  void damagedStructures(
      @ForAll @IntRange(max = 4) int image,
      @ForAll @IntRange(max = 60) int changes,
      @ForAll long seed) {
    byte[] bytes = IMAGES.get(image).clone();
    Random random = new Random(seed);
    for (int i = 0; i < changes; i++) {
      int at = interesting(image, bytes, random);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) 0xff;
        default -> bytes[at] = (byte) ('0' + random.nextInt(10));
      }
    }
    if (random.nextBoolean()) {
      mendChecksums(image, bytes);
    }
    look(new Disk("hostile", bytes));
  }

  /** A place where a structure stands. */
  private static int interesting(int image, byte[] bytes, Random random) {
    int from =
        switch (image) {
          case 0 -> random.nextBoolean() ? 0 : bytes.length - 34 * 512;
          case 1, 2 -> 446;
          default -> random.nextBoolean() ? 512 : 4096;
        };
    int length =
        switch (image) {
          case 0 -> 34 * 512;
          case 1, 2 -> 64;
          default -> random.nextBoolean() ? 512 : 8192;
        };
    return Math.min(from + random.nextInt(length), bytes.length - 1);
  }

  /** Lets what was changed get past the checksums. */
  private static void mendChecksums(int image, byte[] bytes) {
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (image == 0) {
      all.putInt(512 + 88, crc32(bytes, 1024, 128 * 128));
      all.putInt(512 + 16, 0);
      all.putInt(512 + 16, crc32(bytes, 512, 92));
    } else if (image > 2) {
      all.putInt(512 + 16, lvmCrc(bytes, 512 + 20, 1024));
      all.putInt(4096, lvmCrc(bytes, 4100, 4608));
      long at = 4096 + all.getLong(4096 + 40);
      long end = at + all.getLong(4096 + 48);
      if (at >= 4608 && at < end && end <= bytes.length) {
        all.putInt(4096 + 56, lvmCrc(bytes, (int) at, (int) end));
        all.putInt(4096, lvmCrc(bytes, 4100, 4608));
      }
    }
  }

  /** What stands for a part of a text: what lvm2 would never write. */
  private static final List<String> PARTS =
      List.of(
          "9223372036854775807",
          "-9223372036854775808",
          "-1",
          "0",
          "4294967296",
          "99999999999999999999",
          "{",
          "}",
          "[",
          "]",
          "=",
          "\"",
          "#",
          "[\"pv0\", 0, \"pv0\", 0, \"pv1\", 9223372036854775807]",
          "\"error\"",
          "\"striped\"");

  private static final Pattern PART = Pattern.compile("\"[^\"]*\"|-?[0-9]+|\\w+|[^\\w\\s]");

  /** Changes words of the text that counts, so that it is still one more often than not. */
  @Property(tries = 60)
  void damagedTexts(
      @ForAll @IntRange(min = 3, max = 4) int image,
      @ForAll @IntRange(min = 1, max = 12) int changes,
      @ForAll long seed) {
    byte[] bytes = IMAGES.get(image).clone();
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 4096 + (int) all.getLong(4096 + 40);
    int length = (int) all.getLong(4096 + 48) - 1;
    String text = new String(bytes, at, length, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("logical_volumes {"), text);
    Random random = new Random(seed);
    for (int i = 0; i < changes; i++) {
      text = random.nextInt(6) == 0 ? withSections(text, random) : withPart(text, random);
    }
    byte[] changed = text.getBytes(StandardCharsets.ISO_8859_1);
    int place = 512;
    System.arraycopy(changed, 0, bytes, 4096 + place, changed.length);
    bytes[4096 + place + changed.length] = 0;
    all.putLong(4096 + 40, place).putLong(4096 + 48, changed.length + 1);
    mendChecksums(image, bytes);
    look(new Disk("hostile", bytes));
  }

  private static String withPart(String text, Random random) {
    List<MatchResult> parts = PART.matcher(text).results().toList();
    MatchResult part = parts.get(random.nextInt(parts.size()));
    MatchResult other = parts.get(random.nextInt(parts.size()));
    String instead = random.nextBoolean() ? other.group() : PARTS.get(random.nextInt(PARTS.size()));
    return text.substring(0, part.start()) + instead + text.substring(part.end());
  }

  /** Deep, long and doubled ones. */
  private static String withSections(String text, Random random) {
    int end = text.lastIndexOf('}');
    int from = random.nextInt(Math.max(end, 1));
    String more =
        switch (random.nextInt(3)) {
          case 0 -> "x { ".repeat(2_000);
          case 1 -> "y = [" + "1, ".repeat(4_000) + "]\n";
          default -> text.substring(from, Math.min(text.length(), from + 3000));
        };
    return text.length() > 50_000 ? text : text.substring(0, from) + more + text.substring(from);
  }

  private static int crc32(byte[] bytes, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  private static int lvmCrc(byte[] bytes, int from, int to) {
    int value = 0xf597a6cf;
    for (int i = from; i < to; i++) {
      value ^= bytes[i] & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        value = (value & 1) == 0 ? value >>> 1 : value >>> 1 ^ 0xedb88320;
      }
    }
    return value;
  }

  @Property(tries = 200)
  void randomBytes(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[1 << 14];
    random.nextBytes(bytes);
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (random.nextInt(3)) {
      case 0 -> {
        all.putShort(510, (short) 0xAA55);
        for (int i = 0; i < 4; i++) {
          all.put(446 + 16 * i, (byte) 0)
              .put(450 + 16 * i, (byte) (random.nextBoolean() ? 5 : 0x83));
          all.putInt(454 + 16 * i, random.nextInt(40));
        }
      }
      case 1 -> {
        all.putLong(512, 0x5452415020494645L).putInt(512 + 12, 92);
        all.putInt(512 + 80, random.nextInt(2000)).putInt(512 + 84, 128 * random.nextInt(40));
        all.putLong(512 + 72, random.nextInt(40));
      }
      default -> {
        all.putLong(512, 0x454e4f4c4542414cL).putLong(512 + 24, 0x31303020324d564cL);
        all.putInt(512 + 20, random.nextInt(512));
        for (int i = 0; i < 32; i++) {
          all.put(512 + 32 + i, (byte) 'x');
        }
        all.putInt(512 + 16, lvmCrc(bytes, 512 + 20, 1024));
      }
    }
    look(new Disk("random", bytes));
  }

  private static void look(Disk disk) {
    Disks disks = new Disks(List.of(disk, new Disk("second", new byte[8192])));
    for (Volume volume : disks.volumes()) {
      try {
        BlockSource source = disks.open(volume);
        for (long at : new long[] {0, source.size() / 2, source.size() - 4096}) {
          if (at >= 0 && at + 4096 <= source.size()) {
            List<ByteRange> _ = source.readAround(at, ByteBuffer.allocate(4096));
            long data = source.nextData(at);
            long hole = source.nextHole(at);
            if (data < at || hole < at || data > source.size() || hole > source.size()) {
              throw new AssertionError(volume + ": " + at + " " + data + " " + hole);
            }
          }
        }
      } catch (SalvageException _) {
        // A volume that is none is refused.
      }
    }
  }
}
