package org.dmsalvage.inspect.volume.partition;

/**
 * A partition.
 *
 * @param number as the kernel counts: MBR 1 to 4 primary, from 5 on logical; GPT 1 for the first
 *     entry
 * @param offset where it begins on the disk, in bytes
 * @param length bytes, more than 0; the disk's image may be shorter
 * @param type what it says of its contents, such as {@code Linux LVM}
 * @param label its name in a GPT; empty if it has none
 * @param uuid its GUID in a GPT; empty in an MBR
 */
public record Partition(
    int number, long offset, long length, String type, String label, String uuid) {}
