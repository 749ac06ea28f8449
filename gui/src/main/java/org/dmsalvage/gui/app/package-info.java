/** The program: its main class, which gathers the commands of all modules under one name. */
@NullMarked
package org.dmsalvage.gui.app;

import org.jspecify.annotations.NullMarked;
