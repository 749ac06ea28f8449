/**
 * Writes what a cache holds as a new cache of another generation of the same family, for a driver
 * that still exists. The old cache is only read.
 */
@NullMarked
package org.dmsalvage.repair.convert;

import org.jspecify.annotations.NullMarked;
