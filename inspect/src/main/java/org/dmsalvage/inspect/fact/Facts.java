package org.dmsalvage.inspect.fact;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An ordered list of named values.
 *
 * @param all in the order in which they are shown
 */
public record Facts(List<Fact> all) {

  /** Keeps a copy. */
  public Facts {
    all = List.copyOf(all);
  }

  /** {@return a new, empty builder} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Finds a value.
   *
   * @param name of the fact
   * @return its value; null if it is unknown or there is no such fact
   */
  public @Nullable Object value(String name) {
    for (Fact fact : all) {
      if (fact.name().equals(name)) {
        return fact.value();
      }
    }
    return null;
  }

  /** Collects facts. */
  public static final class Builder {
    private final List<Fact> facts = new ArrayList<>();

    private Builder() {}

    private Builder add(String name, Unit unit, @Nullable Object value) {
      facts.add(new Fact(name, unit, value));
      return this;
    }

    /** Adds a count; null if unknown. */
    public Builder count(String name, @Nullable Long value) {
      return add(name, Unit.COUNT, value);
    }

    /** Adds a size or address in bytes; null if unknown. */
    public Builder bytes(String name, @Nullable Long value) {
      return add(name, Unit.BYTES, value);
    }

    /** Adds an address or length in sectors; null if unknown. */
    public Builder sectors(String name, @Nullable Long value) {
      return add(name, Unit.SECTORS, value);
    }

    /** Adds a 64-bit value without sign; null if unknown. */
    public Builder unsigned(String name, @Nullable Long value) {
      return add(name, Unit.UNSIGNED, value);
    }

    /** Adds a text; null if unknown. */
    public Builder text(String name, @Nullable String value) {
      return add(name, Unit.TEXT, value);
    }

    /** Adds yes or no; null if unknown. */
    public Builder flag(String name, @Nullable Boolean value) {
      return add(name, Unit.FLAG, value);
    }

    /** {@return the facts in the order in which they were added} */
    public Facts build() {
      return new Facts(facts);
    }
  }
}
