package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.progress.Progress;

/**
 * What the entries say about the commits, beside what the superblock says. An entry gets the
 * superblock's seq_count, so none can have a greater one; sequences that no cache reaches are left
 * out.
 */
public final class SequenceSurvey {

  /** So many entries ahead convict the superblock; a single one is more likely damaged itself. */
  private static final int CONVICTING = 2;

  private final WritecacheLayout layout;
  private long greatest = -1;
  private long ofGreatest;
  private long ahead;

  private SequenceSurvey(WritecacheLayout layout) {
    this.layout = layout;
  }

  /** Reads the whole table. */
  static SequenceSurvey of(WritecacheLayout layout, EntryTable table, Progress progress) {
    SequenceSurvey survey = new SequenceSurvey(layout);
    table.scan(survey.new Reader(), progress);
    return survey;
  }

  private final class Reader implements EntryTable.Visitor {
    @Override
    public void entries(int first, int count, ByteBuffer bytes, int at) {
      long own = layout.superblock().sequenceCount();
      for (int i = 0; i < count; i++) {
        long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
        if (sequence < 0 || sequence >= Entry.SEQUENCE_LIMIT) {
          continue;
        }
        if (Long.compareUnsigned(sequence, own) > 0) {
          ahead++;
        }
        if (sequence > greatest) {
          greatest = sequence;
          ofGreatest = 0;
        }
        if (sequence == greatest) {
          ofGreatest++;
        }
      }
    }

    @Override
    public void zeroed(int first, int count) {}

    @Override
    public void unreadable(int first, int count) {}
  }

  /** {@return the greatest sequence; -1 if no entry has one} */
  public long greatest() {
    return greatest;
  }

  /** {@return how many entries have the greatest sequence} */
  public long ofGreatest() {
    return ofGreatest;
  }

  /** {@return how many entries have a sequence beyond the superblock's} */
  public long ahead() {
    return ahead;
  }

  /** {@return whether the superblock's seq_count is more than any cache reaches} */
  public boolean absurd() {
    return Long.compareUnsigned(layout.superblock().sequenceCount(), Entry.SEQUENCE_LIMIT) >= 0;
  }

  /**
   * {@return whether the superblock's seq_count went back: several entries are ahead of it}
   *
   * <p>Where a format was begun and not ended, seq_count is 0 and the entries are those of before.
   */
  public boolean behind() {
    return ahead >= CONVICTING && !formatBegun();
  }

  /** {@return whether a format was begun and not ended, and not only the magic number is lost} */
  public boolean formatBegun() {
    Superblock superblock = layout.superblock();
    return superblock.initialisationInterrupted() && superblock.sequenceCount() == 0;
  }

  /**
   * Finds the sequence below which entries are committed: the superblock's, unless that is lost,
   * absurd or behind; then the first one that no entry has. Entries of the last commit may then be
   * uncommitted.
   */
  public long sequenceCount() {
    return superblockCounts() ? layout.superblock().sequenceCount() : greatest + 1;
  }

  /** {@return whether {@link #sequenceCount()} is the superblock's} */
  public boolean superblockCounts() {
    return layout.trusted() && !absurd() && !behind();
  }
}
