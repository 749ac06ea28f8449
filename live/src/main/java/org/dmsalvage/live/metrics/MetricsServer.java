package org.dmsalvage.live.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.dmsalvage.inspect.error.OutputException;

/** Tells the figures of a server to whoever asks over HTTP for {@code /metrics}. */
public final class MetricsServer implements AutoCloseable {

  private static final String PATH = "/metrics";

  private final HttpServer server;

  /**
   * Answers requests until it is closed.
   *
   * @param address where; port 0 for any that is free
   * @param text gives the figures
   * @throws OutputException if it cannot listen there
   */
  public MetricsServer(InetSocketAddress address, Supplier<String> text) {
    try {
      server = HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new OutputException(address.toString(), "cannot listen for HTTP", e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> answer(exchange, text));
    server.start();
  }

  private static void answer(HttpExchange exchange, Supplier<String> text) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!exchange.getRequestURI().getPath().equals(PATH)) {
        send(exchange, 404, "text/plain; charset=utf-8", "The figures are at " + PATH + ".\n");
      } else if (method.equals("GET") || method.equals("HEAD")) {
        send(exchange, 200, Metrics.CONTENT_TYPE, text.get());
      } else {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, 405, "text/plain; charset=utf-8", "The figures can only be read.\n");
      }
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, -1);
    } else {
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** {@return where it answers} */
  public String url() {
    InetSocketAddress bound = server.getAddress();
    InetAddress address = bound.getAddress();
    String host =
        address instanceof Inet6Address
            ? "[" + address.getHostAddress() + "]"
            : address.getHostAddress();
    return "http://" + host + ":" + bound.getPort() + PATH;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
