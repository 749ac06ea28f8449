package org.dmsalvage.inspect.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.Fact;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.Unit;
import org.jspecify.annotations.Nullable;

/**
 * One JSON document, written as it is made, so that long lists need no memory.
 *
 * <p>All methods throw {@link UncheckedIOException} if the writer fails.
 */
public final class JsonDocument implements Closeable {

  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamWriteFeature.STRICT_DUPLICATE_DETECTION).build();

  private final JsonGenerator json;

  private JsonDocument(JsonGenerator json) {
    this.json = json;
  }

  /**
   * Begins a document: an object that names its schema.
   *
   * @param out where it goes; stays open
   * @param command the name in {@code dmsalvage/<command>/1}
   */
  public static JsonDocument begin(Writer out, String command) {
    try {
      JsonGenerator json = FACTORY.createGenerator(out);
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
      printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
      json.setPrettyPrinter(printer);
      json.writeStartObject();
      json.writeStringField("schema", "dmsalvage/" + command + "/1");
      return new JsonDocument(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Begins a document without line feeds, one of many.
   *
   * @param out where it goes; stays open
   * @param command the name in {@code dmsalvage/<command>/1}
   */
  public static JsonDocument line(Writer out, String command) {
    try {
      JsonGenerator json = FACTORY.createGenerator(out);
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.writeStartObject();
      json.writeStringField("schema", "dmsalvage/" + command + "/1");
      return new JsonDocument(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * One object on a line of its own.
   *
   * @param out where it goes; stays open
   */
  static void line(Writer out, List<Column> columns, @Nullable Object[] values) {
    try (JsonDocument line = new JsonDocument(FACTORY.createGenerator(out))) {
      line.json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      line.json.writeStartObject();
      line.row(columns, values);
      line.json.writeEndObject();
      line.json.flush();
      out.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes part of a document. */
  @FunctionalInterface
  public interface Part {
    /** Writes fields or values. */
    void write() throws IOException;
  }

  private void run(Part part) {
    try {
      part.write();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds an object-valued field. */
  public JsonDocument object(String name, Part fields) {
    run(
        () -> {
          json.writeObjectFieldStart(name);
          fields.write();
          json.writeEndObject();
        });
    return this;
  }

  /** Adds an array-valued field; its elements are written with {@link #element}. */
  public JsonDocument array(String name, Part elements) {
    run(
        () -> {
          json.writeArrayFieldStart(name);
          elements.write();
          json.writeEndArray();
        });
    return this;
  }

  /** Adds an object to the array that is being written. */
  public JsonDocument element(Part fields) {
    run(
        () -> {
          json.writeStartObject();
          fields.write();
          json.writeEndObject();
        });
    return this;
  }

  /** Adds a text to the array that is being written. */
  public JsonDocument element(String text) {
    run(() -> json.writeString(text));
    return this;
  }

  /** Adds a 64-bit value without sign to the array that is being written. */
  public JsonDocument unsignedElement(long value) {
    run(
        () -> {
          if (value < 0) {
            json.writeString(Long.toUnsignedString(value));
          } else {
            json.writeNumber(value);
          }
        });
    return this;
  }

  /** Adds a text; null if unknown. */
  public JsonDocument text(String name, @Nullable String value) {
    return value(name, Unit.TEXT, value);
  }

  /** Adds a number. */
  public JsonDocument number(String name, long value) {
    return value(name, Unit.COUNT, value);
  }

  /** Adds yes or no. */
  public JsonDocument flag(String name, boolean value) {
    return value(name, Unit.FLAG, value);
  }

  /** Adds all facts as fields of the object that is being written. */
  public JsonDocument facts(Facts facts) {
    for (Fact fact : facts.all()) {
      value(fact.name(), fact.unit(), fact.value());
    }
    return this;
  }

  /** Adds the values of a row as fields of the object that is being written. */
  public JsonDocument row(List<Column> columns, @Nullable Object[] values) {
    for (int i = 0; i < columns.size(); i++) {
      value(columns.get(i).name(), columns.get(i).unit(), values[i]);
    }
    return this;
  }

  /** Adds findings, and how many were left out. */
  public JsonDocument findings(Findings findings) {
    array(
        "findings",
        () -> {
          for (Finding finding : findings.kept()) {
            element(
                () ->
                    text("code", finding.code().id())
                        .text("severity", finding.severity().name().toLowerCase(Locale.ROOT))
                        .text("image", finding.image())
                        .number("offset", finding.where().offset())
                        .number("length", finding.where().length())
                        .text("message", finding.message())
                        .text("meaning", finding.code().meaning())
                        .text("remedy", finding.code().remedy()));
          }
        });
    Map<FindingCode, Long> omitted = findings.omitted();
    if (!omitted.isEmpty()) {
      object("findingsOmitted", () -> omitted.forEach((code, n) -> number(code.id(), n)));
    }
    return this;
  }

  private JsonDocument value(String name, Unit unit, @Nullable Object value) {
    run(
        () -> {
          json.writeFieldName(name);
          if (value == null) {
            json.writeNull();
            return;
          }
          switch (unit) {
            case COUNT, BYTES, SECTORS -> json.writeNumber(((Number) value).longValue());
            case UNSIGNED -> {
              long bits = (Long) value;
              if (bits < 0) {
                json.writeString(Long.toUnsignedString(bits));
              } else {
                json.writeNumber(bits);
              }
            }
            case HEX, TEXT -> json.writeString(Values.text(unit, value));
            case FLAG -> json.writeBoolean((Boolean) value);
          }
        });
    return this;
  }

  /** Ends the document; the writer stays open and is flushed. */
  @Override
  public void close() {
    run(
        () -> {
          if (json.isClosed()) {
            return;
          }
          json.close();
        });
  }
}
