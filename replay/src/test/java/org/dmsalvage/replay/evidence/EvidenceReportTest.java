package org.dmsalvage.replay.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.map.RangeStatus;
import org.dmsalvage.replay.map.RecoveryMap;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class EvidenceReportTest {

  @TempDir private Path directory;

  /** Uses a recovered real set. */
  @FunctionalInterface
  private interface Use {
    void with(Recovery recovery, Evidence evidence) throws IOException;
  }

  private void recovered(String name, Use use) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images images = set.unpack(directory.resolve("images"));
    try (BlockSource cache = Images.open(images.cache().toString());
        BlockSource backing = Images.open(String.valueOf(images.backing()))) {
      OpenRequest request = new OpenRequest(cache, null, backing, null, null, OptionalInt.empty());
      Recovery recovery =
          Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE));
      Fingerprint before = Fingerprint.of(cache, Progress.NONE);
      Instant started = Instant.parse("2026-01-02T03:04:05Z");
      Evidence evidence =
          new Evidence(
              "dmsalvage test",
              List.of("flush", "<script>alert('x')</script> & \"co\"", "--yes"),
              started,
              started.plusMillis(2500),
              4,
              List.of(
                  new Evidence.Image(Evidence.Role.CACHE, cache.name(), false, before, before),
                  new Evidence.Image(
                      Evidence.Role.BACKING,
                      backing.name(),
                      true,
                      Fingerprint.of(backing, Progress.NONE),
                      null)),
              recovery,
              List.of(
                  new Evidence.Note(
                      cache.name(), 4096, 8, "slot 3 › header", "look <b>here</b>\nand there")),
              json -> json.number("writtenBytes", 42));
      use.with(recovery, evidence);
    }
  }

  @Test
  void thePageIsWellFormedAndLoadsNothing() throws IOException {
    recovered(
        "wb-rot",
        (recovery, evidence) -> {
          Path record = directory.resolve("record");
          EvidenceReport.prepare(record);
          EvidenceReport.write(record, evidence);
          String html = Files.readString(record.resolve(EvidenceReport.HTML));
          assertFalse(html.contains(">unknown<"), "a log that is all there");
          assertFalse(html.contains("<script"), "what images and users say is no markup");
          assertFalse(html.contains("src="), "nothing is loaded");
          assertFalse(html.contains("http:") || html.contains("https:"), "nothing is linked");
          assertTrue(html.contains(evidence.images().getFirst().before().sha256()));
          assertTrue(html.contains("look &lt;b&gt;here&lt;/b&gt;<br>and there"), "notes");
          // The only parts that XML would not take are these two, which HTML leaves open.
          parse(html.replace("<!DOCTYPE html>", "").replaceAll("<(meta[^>]*|br)>", "<$1/>"));
        });
  }

  private static void parse(String xml) {
    try {
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(xml)));
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new AssertionError("the page is not well-formed", e);
    }
  }

  @Test
  void theRecordForProgramsHoldsWhatWasGiven() throws IOException {
    recovered(
        "wb-crash",
        (recovery, evidence) -> {
          Path record = directory.resolve("record");
          EvidenceReport.prepare(record);
          EvidenceReport.write(record, evidence);
          JsonNode json = new ObjectMapper().readTree(record.resolve("report.json").toFile());
          assertEquals("dmsalvage/report/1", json.get("schema").asText());
          assertEquals(42, json.at("/result/writtenBytes").asInt());
          assertEquals(3, json.get("commandLine").size());
          assertEquals(4096, json.at("/notes/0/offset").asInt());
          assertEquals("slot 3 › header", json.at("/notes/0/place").asText());
          JsonNode cache = json.get("images").get(0);
          assertEquals(
              evidence.images().getFirst().before().md5(), cache.at("/after/md5").asText());
          assertTrue(cache.get("unchanged").asBoolean());
          assertFalse(json.get("images").get(1).get("unchanged").asBoolean());
        });
  }

  @Test
  void aFingerprintIsThatOfTheWholeFileHolesIncluded() throws Exception {
    Path file = directory.resolve("sparse");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5_000_001);
    }
    try (BlockSource source = Images.open(file.toString())) {
      Fingerprint fingerprint = Fingerprint.of(source, Progress.NONE);
      assertEquals(hex("SHA-256", file), fingerprint.sha256());
      assertEquals(hex("MD5", file), fingerprint.md5());
      assertEquals(5_000_004, fingerprint.bytes());
    }
  }

  private static String hex(String algorithm, Path file)
      throws NoSuchAlgorithmException, IOException {
    byte[] bytes = Files.readAllBytes(file);
    return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
  }

  @Test
  void thePictureShowsEveryStatusThatTheMapHas() throws IOException {
    recovered(
        "wb-rot",
        (recovery, evidence) -> {
          RecoveryMap map = new RecoveryMap(recovery.logical().orElseThrow(), recovery.report());
          String svg = DevicePicture.of(map, recovery.logical().orElseThrow().size()).svg();
          map.bytes()
              .forEach(
                  (status, bytes) ->
                      assertTrue(
                          status == RangeStatus.UNTOUCHED
                              || bytes == 0
                              || svg.contains('"' + DevicePicture.name(status) + '"'),
                          status::toString));
        });
  }

  @Test
  void aDirectoryInUseIsRefused() throws IOException {
    Files.createFile(directory.resolve("file"));
    assertThrows(OutputException.class, () -> EvidenceReport.prepare(directory));
    assertThrows(OutputException.class, () -> EvidenceReport.prepare(directory.resolve("file")));
  }
}
