package org.dmsalvage.gui.model;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the browser remembers from one time to the next: light or dark, the size of the window,
 * where its dividers stand, the images opened last. Kept in one small file of properties; if it
 * cannot be read or written, nothing is remembered, and nobody is troubled with it.
 */
public final class Settings {

  /** How many images are remembered. */
  public static final int RECENT = 8;

  private static final String DARK = "dark";
  private static final String MAXIMIZED = "maximized";
  private static final String WIDTH = "width";
  private static final String HEIGHT = "height";
  private static final String DIVIDERS = "dividers.";
  private static final String IMAGE = "recent.";

  private final @Nullable Path file;
  private final Properties values = new Properties();

  private Settings(@Nullable Path file) {
    this.file = file;
  }

  /** {@return settings that forget} */
  public static Settings none() {
    return new Settings(null);
  }

  /** {@return the settings of a file, or empty ones if there is none} */
  public static Settings of(Path file) {
    Settings settings = new Settings(file);
    try (Reader in = Files.newBufferedReader(file)) {
      settings.values.load(in);
    } catch (IOException | IllegalArgumentException _) {
      settings.values.clear();
    }
    return settings;
  }

  /** {@return where the settings of this user belong} */
  public static Path usualFile() {
    String configuration = System.getenv("XDG_CONFIG_HOME");
    Path directory =
        configuration == null || configuration.isBlank()
            ? Path.of(System.getProperty("user.home"), ".config")
            : Path.of(configuration);
    return directory.resolve("dmsalvage").resolve("gui.properties");
  }

  /** {@return where more that belongs to the user can be kept; null if nothing is remembered} */
  public @Nullable Path directory() {
    return file == null ? null : file.toAbsolutePath().getParent();
  }

  /** {@return whether the dark theme was chosen} */
  public boolean dark() {
    return Boolean.parseBoolean(values.getProperty(DARK));
  }

  /** {@return the width of the window, or what is usual} */
  public double width(double usual) {
    return number(WIDTH, usual);
  }

  /** {@return the height of the window, or what is usual} */
  public double height(double usual) {
    return number(HEIGHT, usual);
  }

  /** {@return whether the window filled its screen} */
  public boolean maximized() {
    return Boolean.parseBoolean(values.getProperty(MAXIMIZED));
  }

  private double number(String key, double usual) {
    try {
      double value = Double.parseDouble(values.getProperty(key, ""));
      return value >= 600 && value <= 16_384 ? value : usual;
    } catch (NumberFormatException _) {
      return usual;
    }
  }

  /** Remembers how the window looked; of one that fills its screen, the size before that. */
  public void remember(boolean darkTheme, double width, double height, boolean maximized) {
    values.setProperty(DARK, String.valueOf(darkTheme));
    values.setProperty(MAXIMIZED, String.valueOf(maximized));
    if (!maximized) {
      values.setProperty(WIDTH, String.valueOf(Math.round(width)));
      values.setProperty(HEIGHT, String.valueOf(Math.round(height)));
    }
    store();
  }

  /**
   * {@return where the dividers of a split pane stood, each as a part of it, 0 … 1, in ascending
   * order; none if that is not known}
   *
   * @param pane name of the pane
   */
  public double[] dividers(String pane) {
    try {
      double[] positions =
          Arrays.stream(values.getProperty(DIVIDERS + pane, "").split(" "))
              .mapToDouble(Double::parseDouble)
              .toArray();
      double before = 0;
      for (double position : positions) {
        // So that what is no number fails, too.
        if (!(position >= before && position <= 1)) {
          return new double[0];
        }
        before = position;
      }
      return positions;
    } catch (NumberFormatException _) {
      return new double[0];
    }
  }

  /** Remembers where the dividers of split panes stand, by the names of the panes. */
  public void rememberDividers(Map<String, double[]> panes) {
    panes.forEach(
        (pane, positions) ->
            values.setProperty(
                DIVIDERS + pane,
                Arrays.stream(positions)
                    .mapToObj(position -> String.format(Locale.ROOT, "%.4f", position))
                    .collect(Collectors.joining(" "))));
    store();
  }

  /** {@return what was opened last, the latest first} */
  public List<Session.Paths> recent() {
    List<Session.Paths> recent = new ArrayList<>();
    for (int i = 0; i < RECENT; i++) {
      String cache = values.getProperty(IMAGE + i + ".cache");
      if (cache != null) {
        String one = IMAGE + i;
        recent.add(
            new Session.Paths(
                cache,
                values.getProperty(one + ".plog"),
                values.getProperty(one + ".backing"),
                values.getProperty(one + ".format"),
                values.getProperty(one + ".disks", "").lines().toList(),
                values.getProperty(one + ".volume"),
                values.getProperty(one + ".backingVolume"),
                values.getProperty(one + ".plogVolume")));
      }
    }
    return recent;
  }

  /** Remembers what was opened. */
  public void opened(Session.Paths paths) {
    List<Session.Paths> recent = new ArrayList<>(recent());
    recent.remove(paths);
    recent.addFirst(paths);
    values.keySet().removeIf(key -> key.toString().startsWith(IMAGE));
    for (int i = 0; i < Math.min(RECENT, recent.size()); i++) {
      Session.Paths one = recent.get(i);
      values.setProperty(IMAGE + i + ".cache", one.cache());
      set(IMAGE + i + ".plog", one.plog());
      set(IMAGE + i + ".backing", one.backing());
      set(IMAGE + i + ".format", one.format());
      set(IMAGE + i + ".disks", one.disks().isEmpty() ? null : String.join("\n", one.disks()));
      set(IMAGE + i + ".volume", one.volume());
      set(IMAGE + i + ".backingVolume", one.backingVolume());
      set(IMAGE + i + ".plogVolume", one.plogVolume());
    }
    store();
  }

  private void set(String key, @Nullable String value) {
    if (value != null) {
      values.setProperty(key, value);
    }
  }

  private void store() {
    Path target = file;
    Path directory = target == null ? null : target.getParent();
    if (target == null || directory == null) {
      return;
    }
    try {
      Files.createDirectories(directory);
      try (Writer out = Files.newBufferedWriter(target)) {
        values.store(out, null);
      }
    } catch (IOException _) {
      return; // A home that cannot be written, as on a rescue system, is no reason to complain.
    }
  }
}
