package org.dmsalvage.live.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.live.engine.CacheEngine;

/** Answers commands about the devices of a server. */
public final class ControlServer implements AutoCloseable {

  private final Devices devices;
  private final ServerSocketChannel listener;
  private final Supplier<String> metrics;
  private final Consumer<String> log;

  /**
   * Takes commands from a socket until it is closed.
   *
   * @param devices what the commands are about
   * @param listener bound; closed with the server
   * @param metrics gives the figures of the server
   * @param log told about connections that fail
   */
  public ControlServer(
      Devices devices,
      ServerSocketChannel listener,
      Supplier<String> metrics,
      Consumer<String> log) {
    this.devices = devices;
    this.metrics = metrics;
    this.listener = listener;
    this.log = log;
    Thread _ = Thread.ofPlatform().daemon().name("control").start(this::accept);
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel client = listener.accept();
        // A command may wait for a device, and others should not wait for it.
        Thread _ = Thread.ofVirtual().name("control-client").start(() -> serve(client));
      } catch (IOException e) {
        if (listener.isOpen()) {
          log.accept("control socket: " + e.getMessage());
        }
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      String answer = answer(ControlProtocol.receive(client));
      ByteBuffer bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        int _ = client.write(bytes);
      }
    } catch (IOException e) {
      log.accept("control socket: " + e.getMessage());
    }
  }

  private String answer(List<String> words) {
    try {
      return "ok\n" + run(words.getFirst(), words.subList(1, words.size()));
    } catch (SalvageException e) {
      return "error %d\n%s".formatted(e.exitStatus().code(), e.getMessage());
    } catch (RuntimeException e) {
      log.accept("control socket: internal error: " + e);
      return "error %d\ninternal error: %s".formatted(ExitStatus.OPERATIONAL.code(), e);
    }
  }

  private String run(String command, List<String> words) {
    return switch (command) {
      case "create" -> {
        devices.create(word(words, 0), DmTable.parse(word(words, 1)), directory(word(words, 2)));
        yield "";
      }
      case "table" -> lines(words, CacheEngine::table);
      case "status" -> lines(words, CacheEngine::status);
      case "metrics" -> metrics.get();
      case "message" -> {
        // The sector says which target of a device is meant, and there is one.
        devices
            .engine(word(words, 0))
            .message(words.subList(Math.min(2, words.size()), words.size()));
        yield "";
      }
      case "suspend" -> {
        devices.engine(word(words, 0)).suspend();
        yield "";
      }
      case "resume" -> {
        devices.engine(word(words, 0)).resume();
        yield "";
      }
      case "remove" -> {
        devices.remove(word(words, 0));
        yield "";
      }
      default -> throw new UsageException("no such command: " + command);
    };
  }

  private static Path directory(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new UsageException("'%s' is no directory: %s".formatted(name, e.getReason()));
    }
  }

  private static String word(List<String> words, int index) {
    if (index >= words.size()) {
      throw new UsageException("the command needs more words");
    }
    return words.get(index);
  }

  /** One device's line alone, or a line each with its name before it. */
  private String lines(List<String> words, Function<CacheEngine, String> line) {
    if (!words.isEmpty()) {
      return line.apply(devices.engine(words.getFirst())) + "\n";
    }
    return devices.names().stream()
        .map(name -> name + ": " + line.apply(devices.engine(name)) + "\n")
        .collect(Collectors.joining());
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException _) {
      // Nobody can connect any more, which is what was wanted.
    }
  }
}
