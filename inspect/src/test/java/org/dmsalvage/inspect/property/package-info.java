/**
 * Properties that hold for every format: what the image builders write is what is read, and nothing
 * in this module can write.
 */
@NullMarked
package org.dmsalvage.inspect.property;

import org.jspecify.annotations.NullMarked;
