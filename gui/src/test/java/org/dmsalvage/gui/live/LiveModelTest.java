package org.dmsalvage.gui.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.live.top.Figures;
import org.junit.jupiter.api.Test;

/** What becomes of a server's answers. */
class LiveModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  private final Deque<Supplier<Figures>> answers = new ArrayDeque<>();
  private final LiveModel model = new LiveModel(() -> answers.removeFirst().get(), AT_ONCE);

  private void answer(long second, String... lines) {
    String text = String.join("\n", lines) + "\n# EOF\n";
    answers.add(() -> Figures.parse(text, TimeUnit.SECONDS.toNanos(second)));
    model.ask();
  }

  @Test
  void ratesAreThoseBetweenTwoAnswers() {
    answer(1, "dmsalvage_io_bytes_total{device=\"a\",operation=\"write\"} 1000");
    answer(3, "dmsalvage_io_bytes_total{device=\"a\",operation=\"write\"} 5000");
    DeviceHistory device = model.devices().getFirst();
    assertEquals(List.of(0.0, 2000.0), device.values(i -> i.rate(i.bytes("write"))));
    assertEquals(LiveModel.State.WATCHING, model.state().get());
    for (int i = 0; i < 2 * DeviceHistory.LENGTH; i++) {
      answer(4 + i, "dmsalvage_device_size_bytes{device=\"a\"} 1");
    }
    assertEquals(DeviceHistory.LENGTH, device.values(_ -> 0).size());
  }

  @Test
  void devicesComeAndGo() {
    answer(
        1,
        "dmsalvage_device_size_bytes{device=\"b\"} 1",
        "dmsalvage_device_size_bytes{device=\"c\"} 1");
    DeviceHistory b = model.devices().getFirst();
    answer(
        2,
        "dmsalvage_device_size_bytes{device=\"a\"} 1",
        "dmsalvage_device_size_bytes{device=\"b\"} 1");
    assertEquals(List.of("a", "b"), model.devices().stream().map(DeviceHistory::name).toList());
    assertEquals(b, model.devices().getLast(), "what it did is not forgotten");
  }

  @Test
  void aServerThatIsGoneIsAskedOn() {
    answer(1, "dmsalvage_io_bytes_total{device=\"a\",operation=\"read\"} 1000");
    answers.add(
        () -> {
          throw new UnreadableException("/run/c", "no server can be asked there");
        });
    model.ask();
    assertEquals(LiveModel.State.GONE, model.state().get());
    assertTrue(model.problem().get().contains("/run/c"));
    assertEquals(1, model.devices().size(), "what was known stays");
    answer(9, "dmsalvage_io_bytes_total{device=\"a\",operation=\"read\"} 70");
    assertEquals(LiveModel.State.WATCHING, model.state().get());
    assertEquals("", model.problem().get());
    assertEquals(
        List.of(0.0, 0.0),
        model.devices().getFirst().values(i -> i.rate(i.bytes("read"))),
        "a new server counts anew");
    LiveModel nobody = LiveModel.of(Path.of("/no/such/socket"), AT_ONCE);
    nobody.ask();
    assertEquals(LiveModel.State.GONE, nobody.state().get());
  }

  @Test
  void aCacheIsFullOfThis() {
    answer(
        1,
        "dmsalvage_cache_size_bytes{device=\"a\"} 100",
        "dmsalvage_cache_dirty_bytes{device=\"a\"} 60",
        "dmsalvage_cache_writeback_bytes{device=\"a\"} 20",
        "dmsalvage_cache_free_bytes{device=\"a\"} 30",
        "dmsalvage_cache_high_watermark_bytes{device=\"a\"} 50",
        "dmsalvage_log_segments{device=\"a\"} 48",
        "dmsalvage_log_free_segments{device=\"a\"} 8");
    var now = model.devices().getFirst().latest().get();
    assertEquals(new DeviceHistory.Fill(100, 20, 40, 10, 50, 0), DeviceHistory.fill(now));
    assertEquals(40, DeviceHistory.segments(now).used());
    answer(2, "dmsalvage_cache_size_bytes{device=\"a\"} -5");
    DeviceHistory.Fill nonsense = DeviceHistory.fill(model.devices().getFirst().latest().get());
    assertEquals(new DeviceHistory.Fill(0, 0, 0, 0, 0, 0), nonsense);
  }
}
