package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.progress.Progress;

/**
 * The entries that are not free, each with its seq_count, and the different seq_counts in ascending
 * order: 8 bytes an entry and 8 a commit.
 */
final class Commits {

  private int[] entries = {};
  private long[] found = {};
  private int[] commits = {};
  private int count;
  private long[] sequences = {};

  private Commits() {}

  /** Reads the table; wiped and unreadable entries are left out. */
  static Commits read(EntryTable table, Progress progress) {
    Commits commits = new Commits();
    table.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int n, ByteBuffer bytes, int at) {
            for (int i = 0; i < n; i++) {
              long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
              if (sequence != Entry.NONE) {
                commits.add(first + i, sequence);
              }
            }
          }

          @Override
          public void zeroed(int first, int n) {}

          @Override
          public void unreadable(int first, int n) {}
        },
        progress);
    commits.sort();
    return commits;
  }

  private void add(int entry, long sequence) {
    if (count == entries.length) {
      int room = (int) Math.min(Integer.MAX_VALUE - 8, Math.max(1024, count * 3L / 2));
      entries = Arrays.copyOf(entries, room);
      found = Arrays.copyOf(found, room);
    }
    entries[count] = entry;
    // Without its sign bit turned, an unsigned number does not sort.
    found[count] = sequence ^ Long.MIN_VALUE;
    count++;
  }

  private void sort() {
    long[] sorted = Arrays.copyOf(found, count);
    Arrays.parallelSort(sorted);
    int distinct = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || sorted[i] != sorted[distinct - 1]) {
        sorted[distinct++] = sorted[i];
      }
    }
    sequences = Arrays.copyOf(sorted, distinct);
    entries = Arrays.copyOf(entries, count);
    commits = new int[count];
    for (int i = 0; i < count; i++) {
      commits[i] = Arrays.binarySearch(sequences, found[i]);
    }
    found = new long[0];
    for (int i = 0; i < distinct; i++) {
      sequences[i] ^= Long.MIN_VALUE;
    }
  }

  /** {@return how many different seq_counts there are} */
  int count() {
    return sequences.length;
  }

  /** {@return the seq_count of a commit, unsigned; they ascend} */
  long sequence(int commit) {
    return sequences[commit];
  }

  /** {@return the commit of an entry; -1 if the entry is free or nothing is known of it} */
  int of(int entry) {
    int at = Arrays.binarySearch(entries, entry);
    return at < 0 ? -1 : commits[at];
  }

  /** {@return how many commits have a lower seq_count, unsigned} */
  int before(long sequence) {
    int low = 0;
    int high = sequences.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(sequences[middle], sequence) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
