package org.dmsalvage.live.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The haggling before requests: fixed newstyle, until the client has chosen an export or goes.
 *
 * <p>What a client may send here is bounded: an option longer than {@value #MAX_OPTION_BYTES} bytes
 * is skipped, unread, and refused; one longer than {@value #MAX_SKIPPED_BYTES} ends the connection.
 */
final class Negotiation {

  private static final int MAX_OPTION_BYTES = 1 << 16;
  private static final int MAX_SKIPPED_BYTES = 1 << 24;

  /** So many options are more than any client needs. */
  private static final int MAX_OPTIONS = 1000;

  /** So many metadata contexts can be named in one option. */
  private static final int MAX_QUERIES = 1000;

  private final Exports exports;
  private final @Nullable TlsPolicy tls;
  private Wire wire;
  private boolean secured;
  private boolean noZeroes;
  private boolean structured;
  private String contextExport = "";
  private List<String> contexts = List.of();

  /**
   * What was agreed.
   *
   * @param wire the connection, under TLS if it was started
   * @param export the export chosen
   * @param structured whether replies are structured
   * @param contexts names of the metadata contexts chosen; the index of each is its id
   */
  record Agreement(Wire wire, Export export, boolean structured, List<String> contexts) {}

  /** The client breaks the protocol, or has no use for this server; the connection is to end. */
  static final class BrokenException extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenException(String message) {
      super(message);
    }
  }

  /** The data of an option make no sense; it is refused and the connection goes on. */
  private static final class InvalidException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidException(String message) {
      super(message);
    }
  }

  Negotiation(Wire wire, Exports exports, @Nullable TlsPolicy tls) {
    this.wire = wire;
    this.exports = exports;
    this.tls = tls;
  }

  /** {@return the connection, under TLS if it was started} */
  Wire wire() {
    return wire;
  }

  /**
   * Haggles.
   *
   * @return what was agreed; empty if the client went away in peace
   * @throws IOException if the connection fails or the client breaks the protocol
   */
  Optional<Agreement> run() throws IOException {
    ByteBuffer greeting = ByteBuffer.allocate(Long.BYTES + Long.BYTES + Short.BYTES);
    greeting.putLong(Protocol.NBD_MAGIC).putLong(Protocol.OPTION_MAGIC);
    greeting.putShort((short) (Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES));
    wire.write(greeting.flip());
    int flags = read(Integer.BYTES).getInt();
    if ((flags & ~(Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES)) != 0) {
      throw new BrokenException("unknown client flags 0x%x".formatted(flags));
    }
    noZeroes = (flags & Protocol.FLAG_NO_ZEROES) != 0;
    for (int i = 0; i < MAX_OPTIONS; i++) {
      ByteBuffer header = read(Long.BYTES + Integer.BYTES + Integer.BYTES);
      long magic = header.getLong();
      if (magic != Protocol.OPTION_MAGIC) {
        throw new BrokenException("0x%x is not the magic of an option".formatted(magic));
      }
      int option = header.getInt();
      int length = header.getInt();
      if (length < 0 || length > MAX_SKIPPED_BYTES) {
        throw new BrokenException(
            "an option of %s bytes".formatted(Integer.toUnsignedString(length)));
      }
      boolean ends = option == Protocol.OPT_ABORT || option == Protocol.OPT_EXPORT_NAME;
      if (length > MAX_OPTION_BYTES) {
        skip(length);
        if (ends) {
          throw new BrokenException("an option %d of %d bytes".formatted(option, length));
        }
        refuse(option, Protocol.REP_ERR_TOO_BIG, "the option is too long");
        continue;
      }
      ByteBuffer data = read(length);
      if (option == Protocol.OPT_ABORT) {
        sayGoodbye();
        return Optional.empty();
      }
      Optional<Agreement> agreement = option(option, data);
      if (agreement.isPresent()) {
        return agreement;
      }
    }
    throw new BrokenException("more than " + MAX_OPTIONS + " options");
  }

  private void sayGoodbye() {
    try {
      reply(Protocol.OPT_ABORT, Protocol.REP_ACK, ByteBuffer.allocate(0));
    } catch (IOException _) {
      // The client need not wait for it.
    }
  }

  private Optional<Agreement> option(int option, ByteBuffer data) throws IOException {
    boolean locked = tls != null && tls.required() && !secured;
    if (option == Protocol.OPT_EXPORT_NAME) {
      if (locked) {
        throw new BrokenException("no TLS, which this server requires");
      }
      return Optional.of(exportName(data));
    }
    if (option == Protocol.OPT_STARTTLS) {
      startTls(data);
      return Optional.empty();
    }
    if (locked) {
      refuse(option, Protocol.REP_ERR_TLS_REQD, "this server requires TLS");
      return Optional.empty();
    }
    try {
      switch (option) {
        case Protocol.OPT_LIST -> list(data);
        case Protocol.OPT_STRUCTURED_REPLY -> {
          expectNothing(data);
          structured = true;
          reply(option, Protocol.REP_ACK, ByteBuffer.allocate(0));
        }
        case Protocol.OPT_INFO, Protocol.OPT_GO -> {
          return info(option, data);
        }
        case Protocol.OPT_LIST_META_CONTEXT -> listContexts(data);
        case Protocol.OPT_SET_META_CONTEXT -> setContexts(data);
        default -> refuse(option, Protocol.REP_ERR_UNSUP, "this server knows no such option");
      }
    } catch (InvalidException e) {
      refuse(option, Protocol.REP_ERR_INVALID, String.valueOf(e.getMessage()));
    } catch (BufferUnderflowException _) {
      refuse(option, Protocol.REP_ERR_INVALID, "the option is shorter than it says");
    }
    return Optional.empty();
  }

  private static void expectNothing(ByteBuffer data) throws InvalidException {
    if (data.hasRemaining()) {
      throw new InvalidException("the option is longer than it should be");
    }
  }

  private Agreement exportName(ByteBuffer data) throws IOException {
    String name;
    try {
      name = text(data, data.remaining());
    } catch (InvalidException e) {
      throw new BrokenException(String.valueOf(e.getMessage()));
    }
    Export export =
        exports
            .find(name)
            .orElseThrow(() -> new BrokenException("there is no export '" + name + "'"));
    ByteBuffer reply = ByteBuffer.allocate(Long.BYTES + Short.BYTES + (noZeroes ? 0 : 124));
    reply.putLong(export.device().size()).putShort((short) export.flags(structured));
    wire.write(reply.position(reply.capacity()).flip());
    return new Agreement(wire, export, structured, contextsFor(export));
  }

  private void startTls(ByteBuffer data) throws IOException {
    if (data.hasRemaining()) {
      refuse(Protocol.OPT_STARTTLS, Protocol.REP_ERR_INVALID, "the option has no data");
    } else if (secured) {
      refuse(Protocol.OPT_STARTTLS, Protocol.REP_ERR_INVALID, "TLS has been started already");
    } else if (tls == null) {
      refuse(Protocol.OPT_STARTTLS, Protocol.REP_ERR_UNSUP, "this server has no certificate");
    } else if (wire.hasBuffered() || !(wire instanceof ChannelWire plain)) {
      // What came before the answer was sent in the clear: somebody may have put it there.
      throw new BrokenException("bytes behind the request to start TLS");
    } else {
      reply(Protocol.OPT_STARTTLS, Protocol.REP_ACK, ByteBuffer.allocate(0));
      TlsWire secure = new TlsWire(plain, tls.newEngine());
      secure.handshake();
      wire = secure;
      secured = true;
      structured = false;
      contexts = List.of();
    }
  }

  private void list(ByteBuffer data) throws IOException, InvalidException {
    expectNothing(data);
    for (Export export : exports.all()) {
      byte[] name = export.name().getBytes(StandardCharsets.UTF_8);
      byte[] description = export.description().getBytes(StandardCharsets.UTF_8);
      ByteBuffer server =
          ByteBuffer.allocate(Integer.BYTES + name.length + description.length)
              .putInt(name.length)
              .put(name)
              .put(description);
      reply(Protocol.OPT_LIST, Protocol.REP_SERVER, server.flip());
    }
    reply(Protocol.OPT_LIST, Protocol.REP_ACK, ByteBuffer.allocate(0));
  }

  private Optional<Agreement> info(int option, ByteBuffer data)
      throws IOException, InvalidException {
    String name = text(data, data.getInt());
    int count = Short.toUnsignedInt(data.getShort());
    if (data.remaining() != count * Short.BYTES) {
      throw new InvalidException("the option does not have the length that it says");
    }
    Optional<Export> found = exports.find(name);
    if (found.isEmpty()) {
      refuse(option, Protocol.REP_ERR_UNKNOWN, "there is no such export");
      return Optional.empty();
    }
    Export export = found.get();
    information(option, Protocol.INFO_EXPORT, Long.BYTES + Short.BYTES)
        .accept(b -> b.putLong(export.device().size()).putShort((short) export.flags(structured)));
    while (data.hasRemaining()) {
      switch (data.getShort()) {
        case Protocol.INFO_NAME ->
            information(option, Protocol.INFO_NAME, export.name().getBytes(StandardCharsets.UTF_8));
        case Protocol.INFO_DESCRIPTION ->
            information(
                option,
                Protocol.INFO_DESCRIPTION,
                export.description().getBytes(StandardCharsets.UTF_8));
        case Protocol.INFO_BLOCK_SIZE ->
            information(option, Protocol.INFO_BLOCK_SIZE, 3 * Integer.BYTES)
                .accept(
                    b ->
                        b.putInt(Protocol.MIN_BLOCK_BYTES)
                            .putInt(Protocol.PREFERRED_BLOCK_BYTES)
                            .putInt(Protocol.MAX_PAYLOAD_BYTES));
        default -> {
          // The client may ask for what this server has never heard of.
        }
      }
    }
    reply(option, Protocol.REP_ACK, ByteBuffer.allocate(0));
    return option == Protocol.OPT_GO
        ? Optional.of(new Agreement(wire, export, structured, contextsFor(export)))
        : Optional.empty();
  }

  /** Takes what fills a piece of information and sends it. */
  private interface Sender {
    void accept(java.util.function.Consumer<ByteBuffer> filler) throws IOException;
  }

  private Sender information(int option, int kind, int length) {
    return filler -> {
      ByteBuffer info = ByteBuffer.allocate(Short.BYTES + length).putShort((short) kind);
      filler.accept(info);
      reply(option, Protocol.REP_INFO, info.flip());
    };
  }

  private void information(int option, int kind, byte[] text) throws IOException {
    information(option, kind, text.length).accept(info -> info.put(text));
  }

  /** The contexts chosen, if they were chosen for this export. */
  private List<String> contextsFor(Export export) {
    boolean same =
        exports.find(contextExport).filter(e -> e.name().equals(export.name())).isPresent();
    return structured && same ? contexts : List.of();
  }

  private void listContexts(ByteBuffer data) throws IOException, InvalidException {
    Queries queries = queries(data);
    Optional<Export> export = exports.find(queries.export());
    if (export.isEmpty()) {
      refuse(Protocol.OPT_LIST_META_CONTEXT, Protocol.REP_ERR_UNKNOWN, "there is no such export");
      return;
    }
    for (String context : export.get().contexts().keySet()) {
      String namespace = context.substring(0, context.indexOf(':') + 1);
      if (queries.names().isEmpty()
          || queries.names().contains(context)
          || queries.names().contains(namespace)) {
        context(Protocol.OPT_LIST_META_CONTEXT, 0, context);
      }
    }
    reply(Protocol.OPT_LIST_META_CONTEXT, Protocol.REP_ACK, ByteBuffer.allocate(0));
  }

  private void setContexts(ByteBuffer data) throws IOException, InvalidException {
    contexts = List.of();
    if (!structured) {
      throw new InvalidException("contexts need structured replies");
    }
    Queries queries = queries(data);
    Optional<Export> export = exports.find(queries.export());
    if (export.isEmpty()) {
      refuse(Protocol.OPT_SET_META_CONTEXT, Protocol.REP_ERR_UNKNOWN, "there is no such export");
      return;
    }
    List<String> chosen = new ArrayList<>();
    for (String context : export.get().contexts().keySet()) {
      if (queries.names().contains(context)) {
        context(Protocol.OPT_SET_META_CONTEXT, chosen.size(), context);
        chosen.add(context);
      }
    }
    reply(Protocol.OPT_SET_META_CONTEXT, Protocol.REP_ACK, ByteBuffer.allocate(0));
    contexts = List.copyOf(chosen);
    contextExport = queries.export();
  }

  /** Which contexts of which export a client asks for. */
  private record Queries(String export, List<String> names) {}

  private static Queries queries(ByteBuffer data) throws InvalidException {
    String export = text(data, data.getInt());
    int count = data.getInt();
    if (count < 0 || count > MAX_QUERIES) {
      throw new InvalidException("too many contexts");
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(text(data, data.getInt()));
    }
    expectNothing(data);
    return new Queries(export, names);
  }

  private void context(int option, int id, String name) throws IOException {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    ByteBuffer context = ByteBuffer.allocate(Integer.BYTES + bytes.length).putInt(id).put(bytes);
    reply(option, Protocol.REP_META_CONTEXT, context.flip());
  }

  private static String text(ByteBuffer data, int length) throws InvalidException {
    if (length < 0 || length > Protocol.MAX_STRING_BYTES || length > data.remaining()) {
      throw new InvalidException("a name of %s bytes".formatted(Integer.toUnsignedString(length)));
    }
    ByteBuffer bytes = data.slice(data.position(), length);
    data.position(data.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException _) {
      throw new InvalidException("a name that is not UTF-8");
    }
  }

  private void refuse(int option, int error, String reason) throws IOException {
    reply(option, error, ByteBuffer.wrap(reason.getBytes(StandardCharsets.UTF_8)));
  }

  private void reply(int option, int type, ByteBuffer data) throws IOException {
    ByteBuffer reply =
        ByteBuffer.allocate(Long.BYTES + 3 * Integer.BYTES + data.remaining())
            .putLong(Protocol.OPTION_REPLY_MAGIC)
            .putInt(option)
            .putInt(type)
            .putInt(data.remaining())
            .put(data);
    wire.write(reply.flip());
  }

  private ByteBuffer read(int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    wire.read(buffer);
    return buffer.flip();
  }

  private void skip(int length) throws IOException {
    for (int left = length; left > 0; ) {
      int part = Math.min(left, MAX_OPTION_BYTES);
      if (read(part).remaining() < part) {
        throw new EOFException();
      }
      left -= part;
    }
  }
}
