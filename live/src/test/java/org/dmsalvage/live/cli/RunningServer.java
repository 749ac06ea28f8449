package org.dmsalvage.live.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;

/** A run of {@code live serve} inside the test, which ends when it is closed. */
final class RunningServer implements AutoCloseable {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final CountDownLatch announced = new CountDownLatch(1);
  private final Thread thread;
  private volatile int status = -1;

  /** Starts it and waits until it serves, or has ended. */
  RunningServer(Path socket, List<String> arguments) throws InterruptedException {
    List<String> words = new ArrayList<>(List.of("live", "serve"));
    words.addAll(arguments);
    words.addAll(List.of("--socket", socket.toString()));
    PrintWriter results =
        new PrintWriter(out) {
          @Override
          public void flush() {
            super.flush();
            announced.countDown();
          }
        };
    Console console =
        new Console(results, new PrintWriter(err, true), false, false, stop, Optional.empty());
    thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  status =
                      Application.run(
                          console,
                          c -> List.of(LiveCommand.create(c)),
                          words.toArray(String[]::new));
                  announced.countDown();
                });
    if (!announced.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("it does not serve: " + err);
    }
  }

  /** What it has printed. */
  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }

  /** Ends it and gives its exit status. */
  int stop() {
    stop.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return status;
  }

  @Override
  public void close() throws IOException {
    if (stop() != 0) {
      throw new IOException("it ended with " + status + ": " + err);
    }
  }
}
