/**
 * Plans of changes to the metadata of a cache: what they are made of, how they are found, and what
 * the cache looks like afterwards. Making a plan writes nothing.
 */
@NullMarked
package org.dmsalvage.repair.plan;

import org.jspecify.annotations.NullMarked;
