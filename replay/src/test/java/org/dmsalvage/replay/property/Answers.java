package org.dmsalvage.replay.property;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.insitu.InsituImage;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;

/** Prints what is answered about whole and damaged images, to compare it between JVMs. */
final class Answers {
  private static final int SECTOR = 512;

  /** Every so many sectors one is bad: findings in each part that a thread works on. */
  private static final int BAD_EVERY = 149;

  private Answers() {}

  public static void main(String[] arguments) {
    Random random = new Random(11);
    for (int which = 0; which < Hostility.IMAGES; which++) {
      Devices whole = Hostility.image(which);
      System.out.println(Everything.digestAbout(whole.request()));
      OpenRequest faulty = whole.request(withBadSectors(whole.cache()), null);
      System.out.println(Everything.digestAbout(faulty) + " with bad sectors");
      List<Damage> done = new ArrayList<>();
      byte[] cache = Hostility.damaged(whole.cache(), 6, random, done);
      System.out.println(Everything.digestAbout(whole.withCache(cache).request()) + done);
    }
    OpenRequest large = OpenRequest.of(Devices.memory("large", manyBrokenExtents()));
    System.out.println(Everything.digestAbout(large) + " of many broken extents");
  }

  /** Large enough to be checked in several parts. */
  private static byte[] manyBrokenExtents() {
    InsituImage image = new InsituImage(Algorithm.LZO, 72 << 20);
    for (int block = 0; block < image.dataBlocks() - 32; block += 1024) {
      image.put(block, new byte[4096 * 32]);
      image.bytes()[image.dataOffset(block) + 20] ^= 0x55;
    }
    return image.bytes();
  }

  private static BlockSource withBadSectors(byte[] bytes) {
    BlockSource good = Devices.memory("cache", bytes);
    return new BlockSource() {
      @Override
      public String name() {
        return good.name();
      }

      @Override
      public long size() {
        return good.size();
      }

      @Override
      public void read(long offset, ByteBuffer target) {
        long first = offset / SECTOR;
        long last = (offset + target.remaining() - 1) / SECTOR;
        if (first % BAD_EVERY == BAD_EVERY - 1 || first / BAD_EVERY != (last + 1) / BAD_EVERY) {
          throw new UnreadableException(
              name(), offset, target.remaining(), new IOException("bad sector"));
        }
        good.read(offset, target);
      }

      @Override
      public void close() {}
    };
  }
}
