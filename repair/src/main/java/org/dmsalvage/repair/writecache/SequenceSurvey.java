package org.dmsalvage.repair.writecache;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryTable;

/** What the entries say about the commits: sequences that no cache reaches are left out. */
final class SequenceSurvey implements EntryTable.Visitor {

  private final long sequenceCount;
  private long greatest = -1;
  private long ofGreatest;
  private long ahead;

  /**
   * Begins a survey.
   *
   * @param sequenceCount what the superblock says, unsigned
   */
  SequenceSurvey(long sequenceCount) {
    this.sequenceCount = sequenceCount;
  }

  @Override
  public void entries(int first, int count, ByteBuffer bytes, int at) {
    for (int i = 0; i < count; i++) {
      long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
      if (sequence < 0 || sequence >= Entry.SEQUENCE_LIMIT) {
        continue;
      }
      if (Long.compareUnsigned(sequence, sequenceCount) > 0) {
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

  /** {@return the greatest sequence; -1 if no entry has one} */
  long greatest() {
    return greatest;
  }

  /** {@return how many entries have the greatest sequence} */
  long ofGreatest() {
    return ofGreatest;
  }

  /** {@return how many entries have a sequence beyond the superblock's, which none can have} */
  long ahead() {
    return ahead;
  }
}
