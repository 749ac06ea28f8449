package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** No answer depends on how many threads worked on it. */
class ThreadsTest {

  @Test
  void oneThreadAnswersAsManyDo() throws Exception {
    try (ExecutorService both = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> many =
          both.submit(() -> Forked.run(Answers.class, "-XX:ActiveProcessorCount=7"));
      String one = Forked.run(Answers.class, "-XX:ActiveProcessorCount=1");

      assertEquals(one, many.get());
      assertTrue(one.lines().distinct().count() > 30, one);
    }
  }
}
