package org.dmsalvage.replay.map;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Version;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of a device that come from the cache as Digital Forensics XML 1.2.0, each with the
 * SHA-256 of what the device shows there.
 *
 * <pre>
 * dfxml    metadata, creator, source, volume
 * volume   the logical device; a fileobject for each image of which anything shows
 * byte_run file_offset: on the logical device; img_offset: in the image; len: bytes there;
 *          uncompressed_len: bytes on the logical device, if they are others
 * </pre>
 *
 * <p>Attributes of our own namespace add the id of the segment or sequence, and a status unless it
 * is "recovered". A range of which a part cannot be read has no hash.
 */
public final class Dfxml {

  private static final String NAMESPACE =
      "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML";
  private static final String DUBLIN_CORE = "http://purl.org/dc/elements/1.1/";
  private static final String OWN = "urn:dmsalvage:1";
  private static final String OWN_PREFIX = "dmsalvage";
  private static final int PIECE_BYTES = 1 << 20;
  private static final int SECTOR = LogicalDevice.SECTOR_BYTES;

  private final XMLStreamWriter xml;
  private final LogicalDevice device;
  private final RecoveryMap map;
  private final Progress progress;
  private final MessageDigest digest;
  private final ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);

  private Dfxml(XMLStreamWriter xml, LogicalDevice device, RecoveryMap map, Progress progress)
      throws NoSuchAlgorithmException {
    this.xml = xml;
    this.device = device;
    this.map = map;
    this.progress = progress;
    this.digest = MessageDigest.getInstance("SHA-256");
  }

  /**
   * What the document says of its making.
   *
   * @param version of the program
   * @param commandLine that it was started with
   * @param format of the cache
   * @param images that the device was recovered from, as the user named them
   * @param cached names of those that cached data can come from, as the device names them
   */
  public record Provenance(
      String version,
      String commandLine,
      String format,
      List<String> images,
      List<String> cached) {}

  /**
   * Writes a document.
   *
   * @param device the recovered device
   * @param map of it
   * @param provenance what is said of the making
   * @param out where it goes, as UTF-8; flushed, stays open
   * @param progress told about bytes; checked for the wish to stop
   */
  public static void write(
      LogicalDevice device,
      RecoveryMap map,
      Provenance provenance,
      OutputStream out,
      Progress progress) {
    try {
      XMLStreamWriter xml =
          XMLOutputFactory.newDefaultFactory()
              .createXMLStreamWriter(out, StandardCharsets.UTF_8.name());
      progress.begin("hashing what the cache holds", -1);
      new Dfxml(xml, device, map, progress).document(provenance);
      xml.close();
    } catch (XMLStreamException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void document(Provenance provenance) throws XMLStreamException {
    xml.writeStartDocument(StandardCharsets.UTF_8.name(), "1.0");
    xml.writeCharacters("\n");
    xml.writeStartElement("dfxml");
    xml.writeDefaultNamespace(NAMESPACE);
    xml.writeNamespace("dc", DUBLIN_CORE);
    xml.writeNamespace(OWN_PREFIX, OWN);
    xml.writeAttribute("version", "1.2.0");
    begin(1, "metadata");
    newLine(2);
    xml.writeStartElement("dc", "type", DUBLIN_CORE);
    text("Recovered block device");
    xml.writeEndElement();
    end(1);
    begin(1, "creator");
    element(2, "program", "dmsalvage");
    element(2, "version", provenance.version);
    begin(2, "execution_environment");
    element(3, "command_line", provenance.commandLine);
    end(2);
    end(1);
    begin(1, "source");
    for (String image : provenance.images) {
      element(2, "image_filename", image);
    }
    end(1);
    begin(1, "volume");
    element(2, "sector_size", Integer.toString(SECTOR));
    element(2, "ftype_str", provenance.format);
    for (String image : provenance.cached) {
      runs(image);
    }
    end(1);
    newLine(0);
    xml.writeEndElement();
    xml.writeCharacters("\n");
    xml.writeEndDocument();
  }

  /** A checked exception that goes through a visitor. */
  private static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(XMLStreamException cause) {
      super(cause);
    }
  }

  private void runs(String image) throws XMLStreamException {
    boolean[] any = new boolean[1];
    try {
      VersionList.forEach(
          device,
          map,
          (offset, length, imageOffset, imageLength, version, status) -> {
            if (version.place().image().equals(image)) {
              try {
                if (!any[0]) {
                  beginRuns(image);
                  any[0] = true;
                }
                run(offset, length, imageOffset, imageLength, version, status);
              } catch (XMLStreamException e) {
                throw new Failure(e);
              }
            }
          });
    } catch (Failure e) {
      throw new XMLStreamException(e);
    }
    if (any[0]) {
      end(3);
      end(2);
    }
  }

  private void beginRuns(String image) throws XMLStreamException {
    begin(2, "fileobject");
    element(3, "filename", "logical device, from " + image);
    element(3, "filesize", Long.toString(device.size()));
    begin(3, "byte_runs");
  }

  private void run(
      long offset,
      long length,
      long imageOffset,
      long imageLength,
      Version version,
      RangeStatus status)
      throws XMLStreamException {
    begin(4, "byte_run");
    xml.writeAttribute("file_offset", Long.toString(offset));
    xml.writeAttribute("img_offset", Long.toString(imageOffset));
    xml.writeAttribute("len", Long.toString(imageLength));
    if (version.compressed()) {
      xml.writeAttribute("uncompressed_len", Long.toString(length));
    }
    if (version.id().isPresent()) {
      own("id", Long.toUnsignedString(version.id().getAsLong()));
    }
    if (status != RangeStatus.RECOVERED) {
      own("status", status.toString());
    }
    String hash = hash(offset, length);
    if (hash != null) {
      newLine(5);
      xml.writeStartElement("hashdigest");
      xml.writeAttribute("type", "sha256");
      xml.writeCharacters(hash);
      xml.writeEndElement();
    }
    end(4);
  }

  private void own(String name, String value) throws XMLStreamException {
    xml.writeAttribute(OWN_PREFIX, OWN, name, value);
  }

  /** The hash of what a range shows; null if a part cannot be read. */
  private @Nullable String hash(long offset, long length) {
    boolean whole = true;
    for (long at = offset; at < offset + length; ) {
      progress.checkCancelled("nothing was left behind");
      int count = (int) Math.min(PIECE_BYTES, offset + length - at);
      whole &= device.readAround(at, piece.clear().limit(count)).isEmpty();
      digest.update(piece.flip());
      progress.advance(count);
      at += count;
    }
    String hash = HexFormat.of().formatHex(digest.digest());
    return whole ? hash : null;
  }

  private void begin(int depth, String name) throws XMLStreamException {
    newLine(depth);
    xml.writeStartElement(name);
  }

  private void end(int depth) throws XMLStreamException {
    newLine(depth);
    xml.writeEndElement();
  }

  private void element(int depth, String name, String value) throws XMLStreamException {
    begin(depth, name);
    text(value);
    xml.writeEndElement();
  }

  /** Replaces what XML cannot hold: most control characters, and halves of surrogate pairs. */
  private void text(String value) throws XMLStreamException {
    xml.writeCharacters(
        value.replaceAll("[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD\\x{10000}-\\x{10FFFF}]", "?"));
  }

  private void newLine(int depth) throws XMLStreamException {
    xml.writeCharacters("\n" + "  ".repeat(depth));
  }
}
