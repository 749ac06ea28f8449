package org.dmsalvage.gui.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Field;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Walks the trees of two images side by side. Structures are paired by their places: the segment in
 * slot 7 with the one in slot 7. Holes that both images have are passed over.
 */
public final class Comparison {

  /** Pairs beyond these are only counted. */
  static final int LISTED = 20_000;

  /** Values of one pair beyond these are not listed. */
  static final int MOST_DETAILS = 2_000;

  private static final String TASK = "comparing";

  /** Structures up to this length are read as a whole. */
  private static final long WINDOW = 1 << 21;

  /** A structure with more children than these is a row of equals. */
  private static final int FEW = 16;

  private static final int WORDS = 3;

  private final BlockSource left;
  private final BlockSource right;
  private final Progress progress;
  private final List<Part> parts = new ArrayList<>();
  private final List<Pair> pairs = new ArrayList<>();
  private long different;
  private long unreadable;

  private Comparison(BlockSource left, BlockSource right, Progress progress) {
    this.left = left;
    this.right = right;
    this.progress = progress;
  }

  /**
   * Compares two images.
   *
   * @param progress told about bytes; checked for the wish to stop
   */
  static Comparison of(Source left, Source right, Progress progress) {
    Comparison comparison = new Comparison(left.bytes(), right.bytes(), progress);
    progress.begin(TASK, Math.max(left.bytes().size(), right.bytes().size()));
    comparison.compareParts(left.root(), right.root());
    return comparison;
  }

  private void compareParts(Structure leftRoot, Structure rightRoot) {
    for (long i = 0; i < leftRoot.childCount(); i++) {
      Structure mine = leftRoot.child(i);
      long units = units(mine);
      for (long j = 0; j < rightRoot.childCount(); j++) {
        Structure theirs = rightRoot.child(j);
        if (theirs.name().equals(mine.name())) {
          long others = units(theirs);
          long before = different;
          compare(mine, theirs);
          parts.add(
              new Part(mine.name(), Math.min(units, others), different - before, units - others));
        }
      }
    }
  }

  /** {@return how many units a structure has} */
  private static long units(Structure structure) {
    long children = structure.childCount();
    if (isUnit(structure)) {
      return 1;
    }
    if (children > FEW) {
      return (children - 1) * units(structure.child(0)) + units(structure.child(children - 1));
    }
    long sum = 0;
    for (long i = 0; i < children; i++) {
      sum += units(structure.child(i));
    }
    return sum;
  }

  /** {@return whether it is listed as one thing: a segment, an entry, a block, a superblock} */
  private static boolean isUnit(Structure structure) {
    return structure.cell() >= 0 || structure.childCount() == 0;
  }

  private void compare(Structure mine, Structure theirs) {
    progress.checkCancelled(TASK);
    ByteRange here = mine.range();
    ByteRange there = theirs.range();
    boolean holes =
        left.nextData(here.offset()) >= here.end() && right.nextData(there.offset()) >= there.end();
    if (holes) {
      progress.advance(here.length());
    } else if (!isUnit(mine)
        && !isUnit(theirs)
        && (here.length() > WINDOW || there.length() > WINDOW)) {
      children(mine, theirs);
    } else if (here.length() > WINDOW || there.length() > WINDOW) {
      compareLong(mine, theirs);
    } else {
      compareIn(mine, theirs, read(left, here), read(right, there));
      progress.advance(here.length());
    }
  }

  private Window read(BlockSource source, ByteRange range) {
    Window window = Window.of(source, range);
    unreadable += window.unreadable();
    return window;
  }

  private void children(Structure mine, Structure theirs) {
    long count = Math.min(mine.childCount(), theirs.childCount());
    for (long i = 0; i < count; i++) {
      compare(mine.child(i), theirs.child(i));
    }
  }

  /** Compares something long that has no parts, such as what belongs to no structure. */
  private void compareLong(Structure mine, Structure theirs) {
    ByteRange here = mine.range();
    ByteRange there = theirs.range();
    long length = Math.min(here.length(), there.length());
    long count = Math.abs(here.length() - there.length());
    for (long at = 0; at < length; at += WINDOW) {
      progress.checkCancelled(TASK);
      long piece = Math.min(WINDOW, length - at);
      ByteRange a = new ByteRange(here.offset() + at, piece);
      ByteRange b = new ByteRange(there.offset() + at, piece);
      if (left.nextData(a.offset()) < a.end() || right.nextData(b.offset()) < b.end()) {
        count += read(left, a).differences(a, read(right, b), b);
      }
      progress.advance(piece);
    }
    if (count > 0) {
      found(mine, theirs, count + " bytes");
    }
  }

  private void compareIn(Structure mine, Structure theirs, Window a, Window b) {
    if (mine.range().length() == theirs.range().length()
        && a.same(mine.range(), b, theirs.range())) {
      return;
    }
    if (isUnit(mine) || isUnit(theirs)) {
      found(mine, theirs, what(mine, theirs, a, b));
      return;
    }
    long count = Math.min(mine.childCount(), theirs.childCount());
    for (long i = 0; i < count; i++) {
      compareIn(mine.child(i), theirs.child(i), a, b);
    }
  }

  private void found(Structure mine, Structure theirs, String what) {
    different++;
    if (pairs.size() < LISTED) {
      pairs.add(new Pair(mine.name(), mine, theirs, what));
    }
  }

  /** {@return the values that differ, and how many parts do} */
  private static String what(Structure mine, Structure theirs, Window a, Window b) {
    List<String> words = new ArrayList<>();
    List<Field> fields = mine.fields();
    List<Field> others = theirs.fields();
    for (int i = 0; i < Math.min(fields.size(), others.size()); i++) {
      Field field = fields.get(i);
      ByteRange there = others.get(i).range();
      boolean value = field.range().length() <= Long.BYTES && words.size() < WORDS;
      if (value && a.both(field.range(), b, there) && !a.same(field.range(), b, there)) {
        words.add(
            "%s %s → %s"
                .formatted(
                    field.name(),
                    field.decoder().decode(a.slice(field.range())).text(),
                    others.get(i).decoder().decode(b.slice(there)).text()));
      }
    }
    for (long i = 0; i < Math.min(mine.childCount(), theirs.childCount()); i++) {
      Structure part = mine.child(i);
      long count = countDifferent(part, theirs.child(i), a, b);
      if (count > 0 && part.childCount() > 0) {
        words.add("%d of %d %s".formatted(count, part.childCount(), part.name()));
      }
    }
    if (words.isEmpty()) {
      words.add(a.differences(mine.range(), b, theirs.range()) + " bytes");
    }
    return words.stream().collect(Collectors.joining(",  "));
  }

  private static long countDifferent(Structure mine, Structure theirs, Window a, Window b) {
    long count = 0;
    for (long i = 0; i < Math.min(mine.childCount(), theirs.childCount()); i++) {
      ByteRange here = mine.child(i).range();
      ByteRange there = theirs.child(i).range();
      count += here.length() == there.length() && a.same(here, b, there) ? 0 : 1;
    }
    return count;
  }

  /** {@return the parts of both images} */
  public List<Part> parts() {
    return List.copyOf(parts);
  }

  /** {@return what differs, as much as is listed, in the order on the medium} */
  public List<Pair> pairs() {
    return List.copyOf(pairs);
  }

  /** {@return how many structures differ} */
  public long different() {
    return different;
  }

  /** {@return how many bytes of either image could not be read; they count as zeros} */
  public long unreadable() {
    return unreadable;
  }

  /** {@return the values that differ between the two of a pair} */
  List<Detail> details(Pair pair) {
    List<Detail> details = new ArrayList<>();
    ByteRange here = cut(pair.left().range());
    ByteRange there = cut(pair.right().range());
    Window a = Window.of(left, here);
    Window b = Window.of(right, there);
    walk(pair.left(), pair.right(), a, b, details);
    return details;
  }

  private static ByteRange cut(ByteRange range) {
    return new ByteRange(range.offset(), Math.min(range.length(), WINDOW));
  }

  private static void walk(
      Structure mine, Structure theirs, Window a, Window b, List<Detail> details) {
    ByteRange here = mine.range();
    ByteRange there = theirs.range();
    boolean same = here.length() == there.length();
    if (!a.both(here, b, there) || (same && a.same(here, b, there))) {
      if (!a.both(here, b, there)) {
        details.add(new Detail(mine.name(), "bytes", "", "", cut(here), cut(there)));
      }
      return;
    }
    if (mine.childCount() > 0) {
      long count = Math.min(mine.childCount(), theirs.childCount());
      for (long i = 0; i < count && details.size() < MOST_DETAILS; i++) {
        walk(mine.child(i), theirs.child(i), a, b, details);
      }
      return;
    }
    int before = details.size();
    for (int i = 0; i < Math.min(mine.fields().size(), theirs.fields().size()); i++) {
      field(mine, mine.fields().get(i), theirs.fields().get(i), a, b, details);
    }
    if (details.size() == before) {
      String count = a.differences(here, b, there) + " bytes differ";
      details.add(new Detail(mine.name(), "bytes", count, "", here, there));
    }
  }

  private static void field(
      Structure of, Field mine, Field theirs, Window a, Window b, List<Detail> details) {
    ByteRange here = mine.range();
    ByteRange there = theirs.range();
    if (!a.both(here, b, there) || a.same(here, b, there)) {
      return;
    }
    if (here.length() > Long.BYTES) {
      String count = a.differences(here, b, there) + " bytes differ";
      details.add(new Detail(of.name(), mine.name(), count, "", here, there));
    } else {
      details.add(
          new Detail(
              of.name(),
              mine.name(),
              mine.decoder().decode(a.slice(here)).text(),
              theirs.decoder().decode(b.slice(there)).text(),
              here,
              there));
    }
  }
}
