/** Measurements beside something a user knows, in the same run. Never part of the tests. */
package org.dmsalvage.gui.bench;
