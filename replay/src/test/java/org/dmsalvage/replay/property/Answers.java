package org.dmsalvage.replay.property;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.damage.Damage;

/** Prints what is answered about whole and damaged images, to compare it between JVMs. */
final class Answers {
  private Answers() {}

  public static void main(String[] arguments) {
    Random random = new Random(11);
    for (int which = 0; which < Hostility.IMAGES; which++) {
      Devices whole = Hostility.image(which);
      System.out.println(Everything.digestAbout(whole.request()));
      for (int i = 0; i < 2; i++) {
        List<Damage> done = new ArrayList<>();
        byte[] cache = Hostility.damaged(whole.cache(), 6, random, done);
        System.out.println(Everything.digestAbout(whole.withCache(cache).request()) + done);
      }
    }
  }
}
