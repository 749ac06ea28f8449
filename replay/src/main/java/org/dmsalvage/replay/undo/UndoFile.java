package org.dmsalvage.replay.undo;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.replay.device.Targets;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that were overwritten, on stable storage before they were; see the package's description
 * for the layout.
 *
 * <p>Methods that look up saved bytes know the batches that were there when the file was opened,
 * not those that were appended since.
 */
public final class UndoFile implements AutoCloseable {

  /** Longest possible batch with all its padding: what may be torn at the end of a file. */
  private static final long MAX_BATCH = UndoBatch.MAX_DATA * 2L;

  private static final int KEPT_TABLES = 8;

  private final String name;
  private final FileChannel channel;
  private UndoHeader header;
  private final List<Place> places = new ArrayList<>();
  private long end = UndoHeader.BYTES;
  private long savedBytes;
  private long notSavedBytes;
  private final List<Lookup> lookups = new ArrayList<>();
  private final Map<Place, UndoBatch> tables =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, UndoBatch> eldest) {
          return size() > KEPT_TABLES;
        }
      };

  /**
   * Where a batch stands.
   *
   * @param number of the batch
   * @param position of its head in the file
   * @param headBytes without padding
   * @param dataBytes without padding
   * @param dataChecksum CRC-32C of the data
   * @param target index of the device
   * @param first offset of the first extent
   * @param end of the last extent
   * @param notSavedBytes how many of the data bytes could not be read, and are zeros
   */
  record Place(
      long number,
      long position,
      int headBytes,
      int dataBytes,
      int dataChecksum,
      int target,
      long first,
      long end,
      int notSavedBytes) {

    long data() {
      return position + UndoBatch.aligned(headBytes);
    }

    long next() {
      return data() + UndoBatch.aligned(dataBytes);
    }
  }

  /** The batches of one target by their first extent, and the greatest end up to each of them. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Lookup(List<Place> sorted, long[] ends) {

    static Lookup of(List<Place> places, int target) {
      List<Place> sorted =
          places.stream()
              .filter(p -> p.target() == target)
              .sorted(Comparator.comparingLong(Place::first).thenComparingLong(Place::number))
              .toList();
      long[] ends = new long[sorted.size()];
      long end = 0;
      for (int i = 0; i < ends.length; i++) {
        end = Math.max(end, sorted.get(i).end());
        ends[i] = end;
      }
      return new Lookup(sorted, ends);
    }
  }

  /** Receives saved extents. */
  @FunctionalInterface
  interface SavedExtents {
    /**
     * Takes an extent.
     *
     * @param batch that the extent is in
     * @param extent index in the batch
     * @param position in the file of the bytes that it held
     */
    void extent(UndoBatch batch, int extent, long position);
  }

  private UndoFile(String name, FileChannel channel, UndoHeader header) {
    this.name = name;
    this.channel = channel;
    this.header = header;
    header.targets().forEach(_ -> lookups.add(Lookup.of(List.of(), 0)));
  }

  /**
   * Opens an undo file, to go on with what it was begun for, or makes a new one.
   *
   * @param path of the file
   * @param purpose 32 bytes that tell what is to be written from anything else
   * @param targets the devices that will be written; a file that exists must know the same roles
   *     and sizes
   * @throws OutputException if the file cannot be made, is locked, or serves something else
   */
  public static UndoFile openOrCreate(Path path, byte[] purpose, List<UndoTarget> targets) {
    String name = path.toString();
    try {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        throw new OutputException(name, "exists and is no undo file");
      }
      FileChannel channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        lock(name, channel);
        UndoFile file = openOrCreate(name, channel, purpose, targets);
        // Also of a file that was there: whoever made it may have been killed before this.
        syncDirectory(path);
        return file;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new OutputException(name, "cannot make an undo file", e);
    }
  }

  /**
   * The same for a file that is open, and that nobody else uses.
   *
   * @param name for messages
   * @param channel of the file; closed with the undo file
   * @param purpose 32 bytes that tell what is to be written from anything else
   * @param targets the devices that will be written
   * @throws OutputException if the file serves something else
   * @throws IOException if it cannot be read or written
   */
  public static UndoFile openOrCreate(
      String name, FileChannel channel, byte[] purpose, List<UndoTarget> targets)
      throws IOException {
    if (neverBegun(channel)) {
      UndoHeader header =
          new UndoHeader(0, UndoState.OPEN, UUID.randomUUID(), purpose.clone(), 0, targets);
      UndoFile file = new UndoFile(name, channel, header);
      file.writeHeader();
      return file;
    }
    UndoFile file = open(name, channel);
    file.expect(purpose, targets);
    return file;
  }

  /** {@return whether the file was begun for a purpose, as {@link #openOrCreate} has it} */
  public boolean serves(byte[] purpose) {
    return Arrays.equals(header.purpose(), purpose);
  }

  /**
   * Makes sure that a file that was opened serves what is about to be done.
   *
   * @param purpose as {@link #openOrCreate} has it
   * @param targets as {@link #openOrCreate} has them
   * @throws OutputException if it serves something else
   */
  public void expect(byte[] purpose, List<UndoTarget> targets) {
    if (!serves(purpose)) {
      throw new OutputException(
          name,
          "was begun with another cache, disk or options: undo it first, or name another file");
    }
    for (int i = 0; i < Math.min(targets.size(), header.targets().size()); i++) {
      UndoTarget known = header.targets().get(i);
      UndoTarget wanted = targets.get(i);
      if (known.role() != wanted.role() || known.bytes() != wanted.bytes()) {
        throw new OutputException(
            name,
            "belongs to a %s of %d bytes, not to a %s of %d bytes"
                .formatted(known.role(), known.bytes(), wanted.role(), wanted.bytes()));
      }
    }
  }

  /**
   * Opens an undo file to go on with it.
   *
   * @param path of the file
   * @return the file; empty if there is none, or nothing can have been written under it yet
   * @throws UnreadableException if it cannot be opened or read
   * @throws UnsupportedImageException if it is no undo file, or damaged
   */
  public static Optional<UndoFile> openIfBegun(Path path) {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    if (Files.isRegularFile(path)) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        if (neverBegun(channel)) {
          return Optional.empty();
        }
      } catch (IOException e) {
        throw new UnreadableException(path.toString(), "cannot read: " + e.getMessage());
      }
    }
    return Optional.of(open(path));
  }

  /**
   * {@return the index of a device of a role; empty if the file has not so many}
   *
   * @param role of the device
   * @param number which of those of the role, from 0
   */
  public OptionalInt targetOf(UndoTarget.Role role, int number) {
    List<UndoTarget> known = header.targets();
    return IntStream.range(0, known.size())
        .filter(i -> known.get(i).role() == role)
        .skip(number)
        .findFirst();
  }

  /** Whether a file is empty, or holds only a header of which no slot is whole. */
  private static boolean neverBegun(FileChannel channel) throws IOException {
    if (channel.size() > UndoHeader.BYTES) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      ByteBuffer slot = readSlot(channel, i);
      if (UndoHeader.decode(slot).isPresent()) {
        return false;
      }
      boolean blank = slot.mismatch(ByteBuffer.allocate(UndoHeader.SLOT_BYTES)) < 0;
      if (!blank && !UndoHeader.hasMagic(slot) && !blankStart(slot)) {
        return false;
      }
    }
    return true;
  }

  /** A torn first write of the header may lack its first sector. */
  private static boolean blankStart(ByteBuffer slot) {
    return slot.slice(0, UndoBatch.UNIT).mismatch(ByteBuffer.allocate(UndoBatch.UNIT)) < 0;
  }

  private static ByteBuffer readSlot(FileChannel channel, int slot) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(UndoHeader.SLOT_BYTES);
    long at = (long) slot * UndoHeader.SLOT_BYTES;
    while (bytes.hasRemaining() && channel.read(bytes, at + bytes.position()) >= 0) {
      // The rest of a file that ends here is zeros.
    }
    return bytes.clear();
  }

  /**
   * Opens an undo file.
   *
   * @param path of the file
   * @throws UnreadableException if it cannot be opened or read
   * @throws UnsupportedImageException if it is no undo file, or damaged
   */
  public static UndoFile open(Path path) {
    String name = path.toString();
    Images.refuseStreams(name, path);
    try {
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        lock(name, channel);
        return open(name, channel);
      } catch (RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException _) {
      throw new UnreadableException(name, "no such file");
    } catch (IOException e) {
      throw new UnreadableException(name, "cannot open: " + e.getMessage());
    }
  }

  /**
   * The same for a file that is open, and that nobody else uses.
   *
   * @param name for messages
   * @param channel of the file; closed with the undo file
   * @throws UnreadableException if it cannot be read
   * @throws UnsupportedImageException if it is no undo file, or damaged
   */
  public static UndoFile open(String name, FileChannel channel) {
    try {
      UndoHeader header = null;
      for (int i = 0; i < 2; i++) {
        Optional<UndoHeader> found = UndoHeader.decode(readSlot(channel, i));
        if (found.isPresent()
            && (header == null || found.get().sequence() - header.sequence() > 0)) {
          header = found.get();
        }
      }
      if (header == null) {
        throw new UnsupportedImageException(
            name, "no header of an undo file; if writing was cut short, nothing was written yet");
      }
      UndoFile file = new UndoFile(name, channel, header);
      // What a killed process wrote may be in memory only; from here on it is relied on.
      channel.force(true);
      file.scan();
      return file;
    } catch (IOException e) {
      throw new UnreadableException(name, "cannot read: " + e.getMessage());
    }
  }

  private static void lock(String name, FileChannel channel) {
    if (!Targets.lock(channel)) {
      throw new OutputException(name, "is used by another run");
    }
  }

  private static void syncDirectory(Path path) throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      try (FileChannel handle = FileChannel.open(directory, StandardOpenOption.READ)) {
        handle.force(true);
      }
    }
  }

  private void scan() throws IOException {
    long size = channel.size();
    for (Place place = placeAt(end, size); place != null; place = placeAt(end, size)) {
      count(place);
    }
    if (!places.isEmpty() && !whole(places.getLast())) {
      Place torn = places.removeLast();
      savedBytes -= torn.dataBytes();
      notSavedBytes -= torn.notSavedBytes();
      end = torn.position();
    }
    refuseDamage(size);
    for (int i = 0; i < header.targets().size(); i++) {
      lookups.set(i, Lookup.of(places, i));
    }
  }

  /** A batch of ours behind what was found means that something before it was destroyed. */
  private void refuseDamage(long size) throws IOException {
    boolean damaged = size - end > MAX_BATCH || places.size() < header.batches();
    ByteBuffer fixed = littleEndian(UndoBatch.FIXED_BYTES);
    for (long at = end; !damaged && at + UndoBatch.FIXED_BYTES <= size; ) {
      readFully(fixed.clear(), at);
      damaged =
          UndoBatch.headBytes(fixed, header.id()) > 0 && UndoBatch.number(fixed) > places.size();
      at += UndoBatch.ALIGNMENT;
    }
    if (damaged) {
      throw new UnsupportedImageException(
          name, end, "batch " + places.size() + " of the undo file", "damaged bytes");
    }
  }

  private @Nullable Place placeAt(long position, long size) throws IOException {
    if (position + UndoBatch.FIXED_BYTES > size) {
      return null;
    }
    ByteBuffer fixed = littleEndian(UndoBatch.FIXED_BYTES);
    readFully(fixed, position);
    int headBytes = UndoBatch.headBytes(fixed, header.id());
    if (headBytes < 0 || UndoBatch.number(fixed) != places.size() || position + headBytes > size) {
      return null;
    }
    ByteBuffer head = littleEndian(headBytes);
    readFully(head, position);
    Optional<UndoBatch> batch = UndoBatch.decode(head, sizes());
    return batch.map(b -> place(b, position, UndoBatch.dataChecksum(head))).orElse(null);
  }

  private Place place(UndoBatch batch, long position, int dataChecksum) {
    return new Place(
        places.size(),
        position,
        batch.headBytes(),
        batch.dataBytes(),
        dataChecksum,
        batch.target(),
        batch.offset(0),
        batch.end(batch.count() - 1),
        batch.notSavedBytes());
  }

  private long[] sizes() {
    return header.targets().stream().mapToLong(UndoTarget::bytes).toArray();
  }

  /** {@return whether the data of a batch is all there} */
  boolean whole(Place place) throws IOException {
    if (place.data() + place.dataBytes() > channel.size()) {
      return false;
    }
    CRC32C crc = new CRC32C();
    ByteBuffer piece = ByteBuffer.allocate(Math.min(place.dataBytes(), 1 << 20));
    for (int at = 0; at < place.dataBytes(); at += piece.limit()) {
      piece.clear().limit(Math.min(piece.capacity(), place.dataBytes() - at));
      readFully(piece, place.data() + at);
      crc.update(piece.flip());
    }
    return (int) crc.getValue() == place.dataChecksum();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void readFully(ByteBuffer bytes, long position) throws IOException {
    int start = bytes.position();
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + (bytes.position() - start)) < 0) {
        throw new EOFException("the undo file ends too early");
      }
    }
  }

  private void writeFully(ByteBuffer bytes, long position) throws IOException {
    int start = bytes.position();
    while (bytes.hasRemaining()) {
      int _ = channel.write(bytes, position + (bytes.position() - start));
    }
  }

  private void writeHeader() throws IOException {
    writeFully(header.encode(), header.offset());
    channel.force(true);
  }

  /** {@return the path, for messages} */
  public String name() {
    return name;
  }

  /** {@return how far the writes have come} */
  public UndoState state() {
    return header.state();
  }

  /** {@return the devices that the file can restore} */
  public List<UndoTarget> targets() {
    return header.targets();
  }

  /** {@return whether anything was saved} */
  public boolean isEmpty() {
    return places.isEmpty();
  }

  /** {@return how many bytes were saved, of all targets} */
  public long savedBytes() {
    return savedBytes;
  }

  /** {@return how many of them could not be read before they were overwritten, and are zeros} */
  public long notSavedBytes() {
    return notSavedBytes;
  }

  /**
   * Notes durably how far the writes have come.
   *
   * @throws OutputException if that fails
   */
  public void mark(UndoState state) {
    if (state != header.state()) {
      update(header.next(state, places.size()));
    }
  }

  /**
   * Finds a target, or adds it.
   *
   * @param wanted the device
   * @param number which of the devices of its role it is, from 0: a volume may lie on several
   * @return its index
   * @throws OutputException if the file knows another device in its place, or cannot be written
   */
  public int target(UndoTarget wanted, int number) {
    List<UndoTarget> known = header.targets();
    OptionalInt found = targetOf(wanted.role(), number);
    if (found.isPresent()) {
      if (known.get(found.getAsInt()).bytes() != wanted.bytes()) {
        throw new OutputException(name, "belongs to another " + wanted.role());
      }
      return found.getAsInt();
    }
    update(header.with(wanted, places.size()));
    lookups.add(Lookup.of(List.of(), known.size()));
    return known.size();
  }

  /** Finds or adds the only device of its role, as {@link #target(UndoTarget, int)} does. */
  public int target(UndoTarget wanted) {
    return target(wanted, 0);
  }

  private void update(UndoHeader next) {
    try {
      header = next;
      writeHeader();
    } catch (IOException e) {
      throw new OutputException(name, "cannot update the header", e);
    }
  }

  /**
   * Saves a batch; it is durable on return.
   *
   * @param batch what is about to be overwritten
   * @param data what the extents hold, one behind the other, from position to limit
   * @throws OutputException if that fails: then nothing of the batch may be overwritten
   */
  void append(UndoBatch batch, ByteBuffer data) {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    int checksum = (int) crc.getValue();
    Place place = place(batch, end, checksum);
    try {
      writeFully(batch.encode(header.id(), place.number(), checksum), place.position());
      writeFully(data, place.data());
      channel.force(false);
    } catch (IOException e) {
      throw new OutputException(
          name, "cannot save what would be overwritten, so nothing more was written", e);
    }
    count(place);
  }

  private void count(Place place) {
    places.add(place);
    savedBytes += place.dataBytes();
    notSavedBytes += place.notSavedBytes();
    end = place.next();
  }

  /** {@return the batches, in the order in which they were saved} */
  List<Place> places() {
    return places;
  }

  /**
   * Reads what can be told of a batch.
   *
   * @throws UnsupportedImageException if it was damaged since the file was opened
   */
  UndoBatch batch(Place place) {
    synchronized (tables) {
      UndoBatch known = tables.get(place);
      if (known == null) {
        known = read(place);
        tables.put(place, known);
      }
      return known;
    }
  }

  private UndoBatch read(Place place) {
    ByteBuffer head = littleEndian(place.headBytes());
    readSaved(head, place.position());
    return UndoBatch.decode(head.clear(), sizes())
        .orElseThrow(
            () ->
                new UnsupportedImageException(
                    name, place.position(), "batch " + place.number(), "damaged bytes"));
  }

  /**
   * Reads saved bytes.
   *
   * @param target filled from its position to its limit
   * @param position in the file
   */
  void readSaved(ByteBuffer target, long position) {
    int length = target.remaining();
    try {
      readFully(target, position);
    } catch (IOException e) {
      throw new UnreadableException(name, position, length, e);
    }
  }

  /**
   * Finds saved extents.
   *
   * @param target index of the device
   * @param from first byte there
   * @param to byte behind the last one
   * @param sink receives every extent that was saved before the file was opened and shares a byte
   *     with the range; those of one batch in ascending order
   */
  void forEachSaved(int target, long from, long to, SavedExtents sink) {
    Lookup lookup = lookups.get(target);
    int low = 0;
    int high = lookup.ends().length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (lookup.ends()[middle] > from) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    for (int i = low; i < lookup.sorted().size() && lookup.sorted().get(i).first() < to; i++) {
      Place place = lookup.sorted().get(i);
      if (place.end() > from) {
        UndoBatch batch = batch(place);
        int extent = batch.firstEndingBehind(from);
        for (; extent < batch.count() && batch.offset(extent) < to; extent++) {
          sink.extent(batch, extent, place.data() + batch.start(extent));
        }
      }
    }
  }

  /** Closes the file; never throws. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // Everything that matters was forced before.
    }
  }
}
