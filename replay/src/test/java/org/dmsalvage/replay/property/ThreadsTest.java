package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** No answer depends on how many threads worked on it. */
class ThreadsTest {

  @Test
  void oneThreadAnswersAsManyDo() throws IOException, InterruptedException {
    String one = Forked.run(Answers.class, "-XX:ActiveProcessorCount=1");
    String many = Forked.run(Answers.class, "-XX:ActiveProcessorCount=7");

    assertEquals(one, many);
    assertTrue(one.lines().distinct().count() > 30, one);
  }
}
