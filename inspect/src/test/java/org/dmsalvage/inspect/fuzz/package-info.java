/** Fuzz targets of this module, see the package of that name in the fixtures. */
@NullMarked
package org.dmsalvage.inspect.fuzz;

import org.jspecify.annotations.NullMarked;
