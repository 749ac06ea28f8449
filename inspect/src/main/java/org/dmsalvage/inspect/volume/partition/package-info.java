/**
 * Partition tables: MBR with its logical partitions, GPT with its backup.
 *
 * <p>Reading never fails on damage: what is wrong becomes a finding, and what can still be read is
 * used. All numbers of a table are checked before they are used; chains end after a fixed number of
 * steps.
 */
@NullMarked
package org.dmsalvage.inspect.volume.partition;

import org.jspecify.annotations.NullMarked;
