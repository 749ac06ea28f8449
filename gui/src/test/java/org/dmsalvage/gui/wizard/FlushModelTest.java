package org.dmsalvage.gui.wizard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.wizard.FlushModel.Preview;
import org.dmsalvage.gui.wizard.FlushModel.Report;
import org.dmsalvage.gui.wizard.FlushModel.Target;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.evidence.Evidence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recoveries of a real cache whose driver would drop the whole log. */
class FlushModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private GoldenSet set;
  private GoldenSet.Images images;
  private Session session;
  private FlushModel model;
  private Preview preview;

  @BeforeEach
  void open() throws IOException {
    set = GoldenSets.get("wb-o7-torn-tail-wrapped");
    images = set.unpack(directory);
    session =
        Session.open(
            new Session.Paths(images.cache().toString(), null, images.backing().toString(), null),
            AT_ONCE);
    model = new FlushModel(session);
    preview = model.preview(Progress.NONE);
  }

  @AfterEach
  void close() {
    session.close();
  }

  @Test
  void aNewImageHasEveryDurableSector() throws IOException {
    byte[] before = Files.readAllBytes(images.backing());
    Path path = directory.resolve("recovered");
    Report report = model.flush(preview, new Target.NewImage(path), null, Progress.NONE);
    assertTrue(report.complete());
    assertNotNull(report.result().sha256());
    assertEquals(0, Judge.judge(set, path).bad());
    assertArrayEquals(before, Files.readAllBytes(images.backing()));
    assertTrue(Judge.judge(set, images.backing()).bad() > 0, "the disk alone has not");
  }

  @Test
  void whatIsWrittenInPlaceCanBeStoppedGoneOnWithAndTakenBack() throws IOException {
    Path undo = directory.resolve("undo");
    Target target = new Target.InPlace(undo);
    Progress stopping =
        new Progress() {
          @Override
          public void begin(String task, long totalBytes) {}

          @Override
          public void advance(long bytes) {}

          @Override
          public boolean cancelled() {
            return Files.exists(undo);
          }
        };
    assertThrows(CancelledException.class, () -> model.flush(preview, target, null, stopping));
    Report report = model.flush(model.preview(Progress.NONE), target, null, Progress.NONE);
    assertTrue(report.complete());
    assertEquals(undo, report.undo());
    assertEquals(0, Judge.judge(set, images.backing()).bad());
  }

  @Test
  void leavesARecordWithTheNotesIfAsked() throws IOException {
    Path record = directory.resolve("record");
    assertEquals(Optional.empty(), model.recordObjection(record));
    Evidence.Note note = new Evidence.Note("cache.img", 0x3b0000, 8, "slot 43", "torn <here>");
    Path undo = directory.resolve("undo");
    Report report =
        model.flush(
            preview,
            new Target.InPlace(undo),
            new FlushModel.RecordWish(record, List.of(note)),
            Progress.NONE);
    String page = Files.readString(report.page());
    assertTrue(page.contains("torn &lt;here&gt;"));
    assertTrue(page.contains("unchanged"), "the cache was only read");
    String json = Files.readString(record.resolve("report.json"));
    assertTrue(json.contains("\"--in-place\""));
    JsonNode result = new ObjectMapper().readTree(json).get("result");
    assertEquals(1896, result.get("appliedSectors").asInt());
    assertEquals(1, result.get("dropped").size());
    assertTrue(result.get("differences").size() > 200, "as it was before the disk was written");
    assertEquals(report.result().sha256(), result.at("/backing/sha256").asText());
    assertEquals(undo.toString(), result.at("/undo/path").asText());
    assertEquals(report.result().written(), result.get("writtenBytes").asLong());
    assertTrue(model.recordObjection(record).orElse("").contains("not empty"));
    assertTrue(model.recordObjection(undo).orElse("").contains("needs a directory"));
  }

  @Test
  void saysBeforehandWhatSpeaksAgainstATarget() {
    assertTrue(objection(new Target.NewImage(images.backing())).contains("input"));
    assertTrue(objection(new Target.InPlace(images.cache())).contains("input"));
    assertTrue(objection(new Target.NewImage(directory)).contains("already"));
    assertTrue(
        objection(new Target.NewImage(Path.of("/no/such/dir/x"))).contains("no such directory"));
    assertEquals("", objection(new Target.NewImage(directory.resolve("new"))));
    Target bad = new Target.NewImage(images.backing());
    assertThrows(OutputException.class, () -> model.flush(preview, bad, null, Progress.NONE));
  }

  private String objection(Target target) {
    return model.objection(preview, target).orElse("");
  }

  @Test
  void withoutTheDiskThereIsNothingToWrite() {
    try (Session alone =
        Session.open(new Session.Paths(images.cache().toString(), null, null, null), AT_ONCE)) {
      assertTrue(new FlushModel(alone).needsDisk());
      assertFalse(new FlushModel(alone).hasDisk());
    }
  }
}
