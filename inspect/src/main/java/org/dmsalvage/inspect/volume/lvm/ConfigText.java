package org.dmsalvage.inspect.volume.lvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Parses LVM2's configuration text.
 *
 * <pre>
 * section   name { ... }
 * value     name = "text" | 123 | 1.5 | [ value, value ... ]
 * comment   # to the end of the line
 * </pre>
 *
 * <p>Recursion and the number of values are bounded; anything else than a whole text is refused.
 */
final class ConfigText {

  private static final int DEEPEST = 8;
  private static final int MOST_VALUES = 1 << 20;

  private final CharSequence text;
  private int at;
  private int values;

  /** A text that is not whole. */
  private static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    Broken(String message) {
      super(message, null, false, false);
    }
  }

  private ConfigText(CharSequence text) {
    this.text = text;
  }

  /** {@return the contents of a text; empty if it is damaged} */
  static Optional<Section> parse(CharSequence text) {
    ConfigText parser = new ConfigText(text);
    try {
      return Optional.of(parser.section(0));
    } catch (Broken _) {
      return Optional.empty();
    }
  }

  private Section section(int depth) throws Broken {
    if (depth > DEEPEST) {
      throw new Broken("too deep");
    }
    Section section = new Section();
    for (skip(); at < text.length() && text.charAt(at) != '}'; skip()) {
      if (++values > MOST_VALUES) {
        throw new Broken("too long");
      }
      String name = name();
      skip();
      if (take('{')) {
        section.sections().put(name, section(depth + 1));
        if (!take('}')) {
          throw new Broken("a section is not closed");
        }
      } else if (take('=')) {
        section.values().put(name, value());
      } else {
        throw new Broken("neither a section nor a value");
      }
    }
    if (depth == 0 && at < text.length()) {
      throw new Broken("a section is closed that was not opened");
    }
    return section;
  }

  private Object value() throws Broken {
    skip();
    if (!take('[')) {
      return scalar();
    }
    List<Object> list = new ArrayList<>();
    for (skip(); !take(']'); skip()) {
      if (++values > MOST_VALUES) {
        throw new Broken("too long");
      }
      list.add(scalar());
      skip();
      boolean _ = take(',');
    }
    return list;
  }

  private Object scalar() throws Broken {
    skip();
    if (!take('"')) {
      String word = word();
      try {
        return Long.valueOf(word);
      } catch (NumberFormatException _) {
        return word;
      }
    }
    StringBuilder string = new StringBuilder();
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return string.toString();
      }
      if (c == '\\' && at + 1 < text.length()) {
        at++;
        c = text.charAt(at);
      }
      if (c < ' ') {
        break;
      }
      string.append(c);
    }
    throw new Broken("a text does not end");
  }

  private String name() throws Broken {
    return take('"') ? quoted() : word();
  }

  private String quoted() throws Broken {
    at--;
    return scalar().toString();
  }

  private String word() throws Broken {
    int start = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    if (at == start) {
      throw new Broken("no name where one should be");
    }
    return text.subSequence(start, at).toString();
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "_-+./@:".indexOf(c) >= 0;
  }

  private boolean take(char wanted) {
    if (at < text.length() && text.charAt(at) == wanted) {
      at++;
      return true;
    }
    return false;
  }

  private void skip() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        while (at < text.length() && text.charAt(at) != '\n') {
          at++;
        }
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        at++;
      } else {
        return;
      }
    }
  }
}
