package org.dmsalvage.gui.wizard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.model.Examination;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.wizard.RepairModel.Preview;
import org.dmsalvage.gui.wizard.RepairModel.Report;
import org.dmsalvage.gui.wizard.RepairModel.Target;
import org.dmsalvage.gui.wizard.RepairModel.Wanted;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.replay.undo.UndoState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repairs of a real cache whose driver would drop the whole log. */
class RepairModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private GoldenSet.Images images;
  private Session session;
  private RepairModel model;
  private Preview preview;

  @BeforeEach
  void open() throws IOException {
    images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    session = session(images.cache());
    model = new RepairModel(session, AT_ONCE);
    preview = model.make(Wanted.ALL, Progress.NONE);
  }

  private Session session(Path cache) {
    return Session.open(
        new Session.Paths(cache.toString(), null, images.backing().toString(), null), AT_ONCE);
  }

  @AfterEach
  void close() {
    session.close();
  }

  @Test
  void thePlanSaysWhatChangesAndWhatTheDriverMakesOfIt() {
    Action action = preview.plan().actions().getFirst();
    assertEquals(1, preview.plan().actions().size());
    assertEquals(WriteboostCode.SLOT_REUSE, action.code());
    assertEquals(0x3b0000, action.offset());
    assertEquals(8, preview.bytes());
    RepairModel.Outlook outlook = model.outlook(preview, Progress.NONE);
    assertTrue(outlook.now().orElseThrow().reason().length() > 10, "now it drops the log");
    assertEquals("", outlook.then().orElseThrow().reason());

    List<ChangedRows.Row> rows = ChangedRows.of(action);
    assertEquals(0x3b0000, rows.getFirst().offset());
    assertEquals(8, rows.getFirst().cells().size());
    assertTrue(rows.getFirst().cells().getFirst().changes());
  }

  @Test
  void eachFindingKnowsWhatRepairWouldDo() {
    Examination examination = Examination.of(session.image(), Depth.VERIFY, Progress.NONE);
    for (Finding finding : examination.findings()) {
      boolean torn = finding.code() == WriteboostCode.SLOT_REUSE;
      assertEquals(torn ? 1 : 0, preview.actions(finding).size(), finding.code().id());
    }
    assertTrue(RepairModel.answers(WriteboostCode.SLOT_REUSE));
  }

  @Test
  void whatIsNotWantedIsLeftAsItIs() {
    Wanted without = new Wanted(Set.of(WriteboostCode.SLOT_REUSE), List.of());
    assertEquals(List.of(), model.make(without, Progress.NONE).plan().actions());
    Work work = model.plan(without);
    assertEquals(Work.State.DONE, work.state().get());
    assertEquals(without, model.preview().get().wanted());
    assertEquals(
        List.of("stop-at-damaged"),
        Wanted.ALL.with("keep-damaged", true).with("stop-at-damaged", true).preferred());
    assertEquals(List.of(), Wanted.ALL.with("size", true).with("size", false).preferred());
    assertEquals(
        List.of("keep-damaged", "stop-at-damaged"),
        model.choices().stream().map(RepairModel.Choice::word).toList());
  }

  @Test
  void aCopyIsRepairedAndTheOriginalStays() throws Exception {
    byte[] before = Files.readAllBytes(images.cache());
    Path copy = directory.resolve("copy");
    Report report = model.repair(preview, new Target.Copy(copy, null), Progress.NONE);
    assertEquals(sha256(copy), report.sha256());
    assertArrayEquals(before, Files.readAllBytes(images.cache()));
    assertEquals(copy.toString(), report.result().cache());
    try (Session repaired = Session.open(report.result(), AT_ONCE)) {
      Preview again = new RepairModel(repaired, AT_ONCE).make(Wanted.ALL, Progress.NONE);
      assertEquals(List.of(), again.plan().actions(), "a repaired cache needs no repair");
    }
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  @Test
  void whatIsRepairedInPlaceCanBeTakenBack() throws Exception {
    byte[] before = Files.readAllBytes(images.cache());
    Path undo = directory.resolve("undo");
    Target target = new Target.InPlace(undo);
    assertEquals(1, model.devices(preview).size());
    assertTrue(model.devices(preview).getFirst().startsWith(images.cache().toString()));
    Report report = model.repair(preview, target, Progress.NONE);
    assertEquals(undo, report.undo());
    assertFalse(Arrays.equals(before, Files.readAllBytes(images.cache())));
    assertTrue(objection(target).contains("used"), "it holds the only way back");

    UndoModel.Content content = UndoModel.read(undo);
    assertEquals(UndoState.COMPLETE, content.state());
    assertEquals(List.of(images.cache().toRealPath().toString()), content.paths());
    assertEquals(
        "",
        UndoModel.objection(content.targets().getFirst(), images.cache().toString()).orElse(""));
    assertTrue(
        UndoModel.objection(content.targets().getFirst(), images.backing().toString())
            .orElse("")
            .contains("bytes; the cache had"));
    UndoModel.Report undone = UndoModel.undo(content, content.paths(), Progress.NONE);
    assertEquals(UndoState.UNDONE, undone.state());
    assertArrayEquals(before, Files.readAllBytes(images.cache()));
    assertThrows(SalvageException.class, () -> UndoModel.read(images.cache()));
  }

  @Test
  void aRepairThatWasStoppedIsGoneOnWith() throws Exception {
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
    assertFalse(model.goesOn(target));
    assertThrows(CancelledException.class, () -> model.repair(preview, target, stopping));
    // As after the window was closed: all is planned anew, on whatever the cache is now.
    try (Session later = session(images.cache())) {
      RepairModel anew = new RepairModel(later, AT_ONCE);
      Report report = anew.repair(anew.make(Wanted.ALL, Progress.NONE), target, Progress.NONE);
      assertNotNull(report.undo());
      assertEquals(
          List.of(), anew.make(Wanted.ALL, Progress.NONE).plan().actions(), "nothing is left");
    }
    assertEquals(UndoState.COMPLETE, UndoModel.read(undo).state());
  }

  @Test
  void saysBeforehandWhatSpeaksAgainstATarget() throws IOException {
    assertTrue(objection(new Target.Copy(images.cache(), null)).contains("input"));
    assertTrue(objection(new Target.Copy(directory, null)).contains("already"));
    assertTrue(objection(new Target.InPlace(images.backing())).contains("input"));
    assertTrue(
        objection(new Target.InPlace(Path.of("/no/such/dir/x"))).contains("no such directory"));
    Path other = Files.writeString(directory.resolve("letter"), "x".repeat(9000));
    assertTrue(objection(new Target.InPlace(other)).contains("letter"), "no undo file");
    assertEquals("", objection(new Target.InPlace(directory.resolve("undo"))));
    Target bad = new Target.Copy(images.backing(), null);
    assertThrows(OutputException.class, () -> model.repair(preview, bad, Progress.NONE));
  }

  private String objection(Target target) {
    return model.objection(preview, target).orElse("");
  }
}
