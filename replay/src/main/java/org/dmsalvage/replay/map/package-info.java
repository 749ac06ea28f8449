/**
 * Maps of a recovered device: which of its ranges came back, which are in doubt, and in what form
 * other tools want to be told.
 *
 * <p>{@link org.dmsalvage.replay.map.RecoveryMap} walks over the whole device; {@code MapFile}
 * writes that walk as a GNU ddrescue mapfile. {@code VersionList} and {@code Dfxml} go over what
 * comes from the cache, with the place where it stands.
 */
@NullMarked
package org.dmsalvage.replay.map;

import org.jspecify.annotations.NullMarked;
