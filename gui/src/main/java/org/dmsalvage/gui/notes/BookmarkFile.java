package org.dmsalvage.gui.notes;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.replay.output.OutputFile;

/** Bookmarks as a file. */
final class BookmarkFile {

  private static final String SCHEMA = "dmsalvage/bookmarks/1";

  /** More than anybody writes. */
  private static final long MOST_BYTES = 16 << 20;

  /** Bytes of a bookmark that a page shows. */
  private static final int SHOWN_BYTES = 64;

  private static final String STYLE =
      """
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2.5rem auto; max-width: 72rem;
             padding: 0 1.5rem; color: #1b1f24 }
      table { border-collapse: collapse; width: 100% }
      th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0;
               border-bottom: 1px solid #d8dde3 }
      code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .86em }
      pre { margin: .2rem 0 0; color: #5b6470 }
      """;

  private BookmarkFile() {}

  /** {@return a document that {@link #read} takes} */
  static String json(Session session, List<Bookmark> bookmarks) {
    StringWriter text = new StringWriter();
    try (JsonDocument json = JsonDocument.begin(text, "bookmarks")) {
      json.text("cache", session.cache().bytes().name());
      json.array(
          "bookmarks",
          () ->
              bookmarks.forEach(
                  b ->
                      json.element(
                          () ->
                              json.text("image", b.role().label())
                                  .number("offset", b.range().offset())
                                  .number("length", b.range().length())
                                  .text("place", b.place())
                                  .text("note", b.note().get()))));
    }
    return text + "\n";
  }

  /** Reads what {@link #json} wrote. */
  static List<Bookmark> read(Path path) {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new UnsupportedImageException(path.toString(), "too large for bookmarks");
      }
      JsonNode document = new ObjectMapper().readTree(Files.readString(path));
      if (!document.path("schema").asText().equals(SCHEMA)) {
        throw new UnsupportedImageException(path.toString(), "no bookmarks");
      }
      List<Bookmark> bookmarks = new ArrayList<>();
      for (JsonNode b : document.path("bookmarks")) {
        long offset = b.path("offset").asLong(-1);
        long length = b.path("length").asLong(-1);
        if (offset < 0 || length < 1 || length > Long.MAX_VALUE - offset) {
          throw new UnsupportedImageException(path.toString(), "a bookmark of no bytes");
        }
        bookmarks.add(
            new Bookmark(
                role(b.path("image").asText()),
                new ByteRange(offset, length),
                b.path("place").asText(),
                b.path("note").asText()));
      }
      return bookmarks;
    } catch (JacksonException e) {
      throw new UnsupportedImageException(
          path.toString(), "no bookmarks: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new UnreadableException(path.toString(), "cannot read: " + e.getMessage());
    }
  }

  private static Source.Role role(String label) {
    for (Source.Role role : Source.Role.values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    return Source.Role.CACHE;
  }

  /** {@return a page for people, with the first bytes of each place} */
  static String page(Session session, List<Bookmark> bookmarks) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.printf(
        "<!DOCTYPE html>%n<html lang=\"en\">%n<head>%n<meta charset=\"utf-8\">%n"
            + "<title>Bookmarks</title>%n<style>%n%s</style>%n</head>%n<body>%n"
            + "<h1>Bookmarks</h1>%n<table>%n<tr><th>Where</th><th>Note</th></tr>%n",
        STYLE);
    for (Bookmark b : bookmarks) {
      ByteRange range = b.range();
      out.printf(
          "<tr><td>%s<br><code>0x%x</code>, %s bytes<br>%s</td><td>%s<pre>%s</pre></td></tr>%n",
          escape(session.source(b.role()).map(s -> s.bytes().name()).orElse(b.role().label())),
          range.offset(),
          String.format(Locale.ROOT, "%,d", range.length()),
          escape(b.place()),
          escape(b.note().get()).replace("\n", "<br>"),
          session.source(b.role()).map(s -> dump(s.bytes(), range)).orElse(""));
    }
    out.printf("</table>%n</body>%n</html>%n");
    return text.toString();
  }

  private static String dump(BlockSource image, ByteRange range) {
    long present = Math.min(range.length(), image.size() - range.offset());
    byte[] bytes = new byte[Math.clamp(present, 0, SHOWN_BYTES)];
    if (!image.readAround(range.offset(), ByteBuffer.wrap(bytes)).isEmpty()) {
      return "cannot be read";
    }
    String digits = HexFormat.ofDelimiter(" ").formatHex(bytes).replaceAll("(.{47}) ", "$1\n");
    return present > SHOWN_BYTES ? digits + " …" : digits;
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  static void write(Path path, String text) {
    try (OutputFile file = new OutputFile(path, false, List.of())) {
      PrintWriter out = file.text();
      out.print(text);
      out.flush();
      file.complete();
    }
  }
}
