package org.dmsalvage.replay.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** The XML as a reader of it sees it. */
class DfxmlTest {

  private static final String NAMESPACE =
      "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML";
  private static final String OWN = "urn:dmsalvage:1";

  private static Document document(Recovery recovery) throws Exception {
    LogicalDevice device = recovery.logical().orElseThrow();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Dfxml.write(
        device,
        new RecoveryMap(device, recovery.report()),
        new Dfxml.Provenance(
            "1.2",
            "dmsalvage replay <a&b> \u0001\ud800",
            "writeboost",
            List.of("/dir/cache", "/dir/plog"),
            List.of("cache", "plog")),
        out,
        Progress.NONE);
    DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultNSInstance();
    return factory.newDocumentBuilder().parse(new ByteArrayInputStream(out.toByteArray()));
  }

  /** The child elements, which are all of one namespace but for Dublin Core's. */
  private static List<Element> children(Node parent, String name) {
    List<Element> children = new ArrayList<>();
    for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element element && element.getLocalName().equals(name)) {
        assertEquals(NAMESPACE, element.getNamespaceURI());
        children.add(element);
      }
    }
    return children;
  }

  private static Element child(Node parent, String... names) {
    Node at = parent;
    for (String name : names) {
      at = children(at, name).getFirst();
    }
    return (Element) at;
  }

  private static long number(Element element, String attribute) {
    return Long.parseLong(element.getAttribute(attribute));
  }

  private static String sha256(LogicalDevice device, long offset, long length) throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    device.read(offset, bytes);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"wb-o7-volatile", "wbp-o7-torn-plog", "wc4096-twins", "is-deflate-wb-stale"})
  void hasEveryRangeWithItsHash(String set) throws Exception {
    Recovery recovery = TestImages.of(set).replay(Policy.SALVAGE);
    LogicalDevice device = recovery.logical().orElseThrow();
    List<String> expected = new ArrayList<>();
    for (String image : List.of("cache", "plog")) {
      VersionList.forEach(
          device,
          new RecoveryMap(device, recovery.report()),
          (offset, length, imageOffset, imageLength, version, status) -> {
            if (version.place().image().equals(image)) {
              expected.add(
                  "%s %d %d %d %d %s"
                      .formatted(image, offset, length, imageOffset, imageLength, status));
            }
          });
    }
    List<String> found = new ArrayList<>();
    Element volume = child(document(recovery).getDocumentElement(), "volume");
    for (Element file : children(volume, "fileobject")) {
      String name = child(file, "filename").getTextContent();
      assertEquals(device.size(), Long.parseLong(child(file, "filesize").getTextContent()));
      for (Element run : children(child(file, "byte_runs"), "byte_run")) {
        long offset = number(run, "file_offset");
        long stored = number(run, "len");
        boolean compressed = run.hasAttribute("uncompressed_len");
        long length = compressed ? number(run, "uncompressed_len") : stored;
        String status = run.getAttributeNS(OWN, "status");
        found.add(
            "%s %d %d %d %d %s"
                .formatted(
                    name.replace("logical device, from ", ""),
                    offset,
                    length,
                    number(run, "img_offset"),
                    stored,
                    status.isEmpty() ? "recovered" : status));
        Element hash = child(run, "hashdigest");
        assertEquals("sha256", hash.getAttribute("type"));
        assertEquals(sha256(device, offset, length), hash.getTextContent());
      }
    }
    assertEquals(expected, found);
    assertTrue(found.size() > 10);
  }

  @Test
  void saysWhereItComesFrom() throws Exception {
    Element root =
        document(TestImages.of("wb-o7-volatile").replay(Policy.SALVAGE)).getDocumentElement();
    assertEquals("1.2.0", root.getAttribute("version"));
    assertEquals("dmsalvage", child(root, "creator", "program").getTextContent());
    assertEquals("1.2", child(root, "creator", "version").getTextContent());
    assertEquals(
        "dmsalvage replay <a&b> ??",
        child(root, "creator", "execution_environment", "command_line").getTextContent());
    assertEquals(
        List.of("/dir/cache", "/dir/plog"),
        children(child(root, "source"), "image_filename").stream()
            .map(Element::getTextContent)
            .toList());
  }

  @Test
  void givesNoHashOfWhatCannotBeRead() throws Exception {
    TestImages images = TestImages.of("wc4096-twins");
    Recovery recovery = images.replay(Policy.SALVAGE);
    long[] first = {-1};
    recovery
        .logical()
        .orElseThrow()
        .forEachVersion(
            (_, _, version) -> first[0] = first[0] < 0 ? version.place().offset() : first[0]);
    images.cache().unreadable().set((int) (first[0] / 512));
    List<Element> runs =
        children(
            child(document(recovery).getDocumentElement(), "volume", "fileobject", "byte_runs"),
            "byte_run");
    assertNull(hashOf(runs.getFirst()));
    assertEquals(64, String.valueOf(hashOf(runs.get(1))).length());
  }

  private static @Nullable String hashOf(Element run) {
    List<Element> hashes = children(run, "hashdigest");
    return hashes.isEmpty() ? null : hashes.getFirst().getTextContent();
  }
}
