package org.dmsalvage.live.top;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * The figures of a server at one moment, as its metrics tell them.
 *
 * @param nanos when, on a clock of its own
 * @param devices what it serves, by name
 * @param connections of clients
 */
public record Figures(long nanos, Map<String, Device> devices, long connections) {

  private static final Pattern SAMPLE =
      Pattern.compile("dmsalvage_([a-z_]+)(?:\\{(.*)\\})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /**
   * One device.
   *
   * @param target what it is
   * @param values by name of the sample, behind which stands the operation if it is about one
   * @param durations numbers of requests that took no longer, by operation
   */
  public record Device(
      String target, Map<String, Double> values, Map<String, List<Bucket>> durations) {

    /** {@return a value, if the device tells it} */
    OptionalDouble value(String name) {
      Double value = values.get(name);
      return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
  }

  /**
   * So many requests took no longer than so.
   *
   * @param seconds the upper end; infinite in the last
   * @param requests since the start
   */
  public record Bucket(double seconds, long requests) {}

  /**
   * Reads the text.
   *
   * @param text as {@link org.dmsalvage.live.metrics.Metrics} writes it
   * @param nanos when it was asked for
   * @throws UnreadableException if it is something else
   */
  public static Figures parse(String text, long nanos) {
    if (!text.endsWith("# EOF\n")) {
      throw new UnreadableException("metrics", "the server's answer ends early");
    }
    Map<String, Device> devices = new TreeMap<>();
    long connections = 0;
    for (String line : text.split("\n", -1)) {
      Matcher sample = SAMPLE.matcher(line);
      if (!sample.matches()) {
        continue;
      }
      String name = sample.group(1);
      Map<String, String> labels = labels(sample.group(2) == null ? "" : sample.group(2));
      double value = number(sample.group(3));
      String owner = labels.get("device");
      if (owner == null) {
        connections = name.equals("nbd_connections") ? (long) value : connections;
        continue;
      }
      String target = labels.getOrDefault("target", "");
      Device device =
          devices.computeIfAbsent(owner, _ -> new Device(target, new HashMap<>(), new HashMap<>()));
      String operation = labels.get("operation");
      String bound = labels.get("le");
      if (operation != null && bound != null) {
        device
            .durations
            .computeIfAbsent(operation, _ -> new ArrayList<>())
            .add(new Bucket(number(bound), (long) value));
      } else {
        device.values.put(operation == null ? name : name + " " + operation, value);
      }
    }
    return new Figures(nanos, devices, connections);
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new HashMap<>();
    Matcher label = LABEL.matcher(text);
    while (label.find()) {
      String value = label.group(2).replace("\\n", "\n").replaceAll("\\\\(.)", "$1");
      labels.put(label.group(1), value);
    }
    return labels;
  }

  private static double number(String text) {
    try {
      return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    } catch (NumberFormatException _) {
      throw new UnreadableException("metrics", "'" + text + "' is no number");
    }
  }
}
