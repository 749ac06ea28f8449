package org.dmsalvage.gui.notes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.replay.evidence.Evidence;
import org.jspecify.annotations.Nullable;

/** The bookmarks of a session; each change is saved. */
public final class Bookmarks {

  private final Session session;
  private final @Nullable Path file;
  private final Threads threads;
  private final ObservableList<Bookmark> list = FXCollections.observableArrayList();
  private final AtomicLong version = new AtomicLong();
  private final ReadOnlyStringWrapper problem = new ReadOnlyStringWrapper("");

  /**
   * Finds the bookmarks that were made in the same images.
   *
   * @param directory where bookmarks are kept; null to keep none
   */
  public Bookmarks(Session session, @Nullable Path directory, Threads threads) {
    this.session = session;
    this.threads = threads;
    this.file = directory == null ? null : directory.resolve(fileName(session));
    if (file != null && Files.exists(file)) {
      try {
        read(file);
      } catch (SalvageException e) {
        problem.set(e.getMessage());
      }
    }
  }

  /** Images of the same paths and sizes are taken for the same. */
  private static String fileName(Session session) {
    Path cache = Path.of(session.paths().cache()).toAbsolutePath().normalize();
    StringBuilder identity = new StringBuilder().append(cache).append('\n');
    identity.append(session.paths().volume());
    session.sources().forEach(s -> identity.append('\n').append(s.bytes().size()));
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(identity.toString().getBytes(StandardCharsets.UTF_8));
      Path name = cache.getFileName();
      return "%s-%s.json"
          .formatted(name == null ? "image" : name, HexFormat.of().formatHex(hash, 0, 8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@return all of them, in the order of the images and their bytes} */
  public ObservableList<Bookmark> list() {
    return list;
  }

  /** {@return why they could not be read or saved; empty if nothing is wrong} */
  public ReadOnlyStringProperty problem() {
    return problem.getReadOnlyProperty();
  }

  /** {@return the bookmark of some bytes, which is made if there is none} */
  public Bookmark add(Location location) {
    Optional<Bookmark> known = find(location.source().role(), location);
    return known.orElseGet(
        () -> {
          List<String> names =
              location.source().path(location.range()).stream().map(Structure::name).toList();
          Bookmark made =
              new Bookmark(
                  location.source().role(),
                  location.range(),
                  String.join(" › ", names.subList(Math.min(1, names.size()), names.size())),
                  "");
          insert(made);
          save();
          return made;
        });
  }

  private Optional<Bookmark> find(Source.Role role, Location location) {
    return list.stream()
        .filter(b -> b.role() == role && b.range().equals(location.range()))
        .findFirst();
  }

  private void insert(Bookmark bookmark) {
    int at = 0;
    while (at < list.size() && before(list.get(at), bookmark)) {
      at++;
    }
    list.add(at, bookmark);
    bookmark.note().addListener((_, _, _) -> save());
  }

  private static boolean before(Bookmark a, Bookmark b) {
    int roles = a.role().compareTo(b.role());
    return roles != 0 ? roles < 0 : a.range().offset() <= b.range().offset();
  }

  /** Forgets a bookmark. */
  public void remove(Bookmark bookmark) {
    list.remove(bookmark);
    save();
  }

  /** {@return where a bookmark is; empty if its image is not open} */
  public Optional<Location> location(Bookmark bookmark) {
    return session
        .source(bookmark.role())
        .filter(source -> bookmark.range().offset() < source.bytes().size())
        .map(source -> new Location(source, bookmark.range()));
  }

  /** {@return all of them for a record of what was done} */
  public List<Evidence.Note> notes() {
    return list.stream()
        .map(
            b ->
                new Evidence.Note(
                    name(b.role()),
                    b.range().offset(),
                    b.range().length(),
                    b.place(),
                    b.note().get()))
        .toList();
  }

  private String name(Source.Role role) {
    return session.source(role).map(s -> s.bytes().name()).orElse(role.label());
  }

  /** Each save holds everything, so of several that wait only the last one is needed. */
  private void save() {
    Path target = file;
    if (target == null) {
      return;
    }
    long mine = version.incrementAndGet();
    List<Bookmark> all = List.copyOf(list);
    String text = BookmarkFile.json(session, all);
    threads
        .reader()
        .execute(
            () -> {
              if (mine == version.get()) {
                String failure = write(target, text);
                threads.ui().execute(() -> problem.set(failure));
              }
            });
  }

  private static String write(Path target, String text) {
    try {
      Files.createDirectories(target.getParent());
      Path next = target.resolveSibling(target.getFileName() + ".new");
      Files.writeString(next, text);
      Files.move(next, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return "";
    } catch (IOException e) {
      return target + ": cannot save the bookmarks: " + e.getMessage();
    }
  }

  /**
   * Writes a list for others: a page if the name ends in {@code .html}, else JSON that {@link
   * #read} takes.
   *
   * @param path a file that does not exist yet
   * @throws OutputException if it exists, or cannot be written
   */
  public void export(Path path) {
    if (session.paths().all().stream().anyMatch(i -> same(Path.of(i), path))) {
      throw new OutputException(path.toString(), "is an input");
    }
    boolean page = path.toString().endsWith(".html");
    List<Bookmark> all = List.copyOf(list);
    BookmarkFile.write(
        path, page ? BookmarkFile.page(session, all) : BookmarkFile.json(session, all));
  }

  private static boolean same(Path a, Path b) {
    return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
  }

  /**
   * Adds the bookmarks of a file; a place that has one already keeps it.
   *
   * @throws SalvageException if it cannot be read, or is something else
   */
  public void read(Path path) {
    for (Bookmark bookmark : BookmarkFile.read(path)) {
      boolean known =
          list.stream()
              .anyMatch(b -> b.role() == bookmark.role() && b.range().equals(bookmark.range()));
      if (!known) {
        insert(bookmark);
      }
    }
    if (!path.equals(file)) {
      save();
    }
  }
}
