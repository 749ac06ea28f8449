package org.dmsalvage.live.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.live.nbd.Export;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The text is what the format wants, whatever devices are called, and HTTP gives it. */
@Timeout(60)
class MetricsTest {

  @TempDir private Path directory;

  private Export export(String name) throws IOException {
    Path file = directory.resolve("image");
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      int _ = out.write(ByteBuffer.allocate(1), 4095);
    }
    return new Export(name, "", new ChannelSource("image", FileChannel.open(file)));
  }

  @Test
  void keepsToTheGrammar() throws IOException {
    List<Export> exports = List.of(export("plain"), export("a \"b\"\\\n{c=\"d\"} 1"));
    Map<String, Double> samples = Grammar.check(new Metrics(() -> exports, () -> 3).text());
    assertEquals(3, samples.get("dmsalvage_nbd_connections{}"));
    assertEquals(4096, samples.get("dmsalvage_device_size_bytes{device=\"plain\"}"));
    assertEquals(
        4096,
        samples.get("dmsalvage_device_size_bytes{device=\"a \\\"b\\\"\\\\\\n{c=\\\"d\\\"} 1\"}"));
    assertEquals(1, samples.get("dmsalvage_device_info{device=\"plain\",target=\"view\"}"));
    Map<String, Double> none = Grammar.check(new Metrics(List::of, () -> 0).text());
    assertEquals(2, none.size(), none.toString());
  }

  @Test
  void grammarFindsMistakes() {
    String[] wrong = {
      "",
      "# EOF",
      "# EOF\n\n",
      "a 1\n# EOF\n",
      "# TYPE a counter\na 1\n# EOF\n",
      "# TYPE a counter\na_total -1\n# EOF\n",
      "# TYPE a gauge\na 1\na 1\n# EOF\n",
      "# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n",
      "# TYPE a gauge\na{b=\"\"\"} 1\n# EOF\n",
      "# TYPE a gauge\n# TYPE b gauge\nb 1\na 1\n# EOF\n",
      "# TYPE a histogram\na_bucket{x=\"\",le=\"1\"} 1\na_count{x=\"\"} 1\na_sum{x=\"\"} 1\n# EOF\n"
    };
    for (String text : wrong) {
      assertThrows(AssertionError.class, () -> Grammar.check(text), text);
    }
  }

  @Test
  void answersOverHttp() throws Exception {
    List<Export> exports = List.of(export("disk"));
    Metrics metrics = new Metrics(() -> exports, () -> 0);
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    String url;
    try (MetricsServer server = new MetricsServer(any, metrics::text);
        HttpClient client = HttpClient.newHttpClient()) {
      url = server.url();
      HttpResponse<String> answer = ask(client, url, "GET");
      assertEquals(200, answer.statusCode());
      assertEquals(
          "application/openmetrics-text; version=1.0.0; charset=utf-8",
          answer.headers().firstValue("Content-Type").orElseThrow());
      assertTrue(Grammar.check(answer.body()).size() > 100);
      HttpResponse<String> head = ask(client, url, "HEAD");
      assertEquals(200, head.statusCode());
      assertEquals("", head.body());
      assertEquals(404, ask(client, url + "2", "GET").statusCode());
      assertEquals(404, ask(client, url.replace("/metrics", "/"), "GET").statusCode());
      assertEquals(405, ask(client, url, "DELETE").statusCode());
      InetSocketAddress taken =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), URI.create(url).getPort());
      assertThrows(OutputException.class, () -> new MetricsServer(taken, metrics::text));
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      String closed = url;
      assertThrows(IOException.class, () -> ask(client, closed, "GET"));
    }
  }

  private static HttpResponse<String> ask(HttpClient client, String url, String method)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
