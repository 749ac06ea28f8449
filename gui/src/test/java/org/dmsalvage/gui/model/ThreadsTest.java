package org.dmsalvage.gui.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class ThreadsTest {

  /** Of the words of a thread's stat file behind its name, as proc(5) numbers them from 3. */
  private static final int NICE = 19 - 3;

  private final Threads threads = Threads.with(Runnable::run);

  @Test
  void whatNobodyAskedForGivesWay() {
    int own = niceness();
    assertEquals(own, ask(threads.workers()));
    assertEquals(own, ask(threads.reader()));
    assertEquals(Math.min(own + 10, 19), ask(threads.background()));
  }

  @Test
  void soDoThreadsThatItStarts() {
    Executor child =
        task ->
            threads
                .background()
                .execute(() -> Thread.ofPlatform().name("child").daemon().start(task));
    assertEquals(Math.min(niceness() + 10, 19), ask(child));
  }

  private static int ask(Executor executor) {
    return CompletableFuture.supplyAsync(ThreadsTest::niceness, executor).join();
  }

  private static int niceness() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      List<String> words = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
      return Integer.parseInt(words.get(NICE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
