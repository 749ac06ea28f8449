/** The command {@code dmsalvage repair}. */
@NullMarked
package org.dmsalvage.repair.cli;

import org.jspecify.annotations.NullMarked;
