package org.dmsalvage.inspect.format.writeboost;

import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.format.CacheFormat;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;

/** All versions of writeboost. */
public final class WriteboostFormat implements CacheFormat {

  @Override
  public String family() {
    return "writeboost";
  }

  @Override
  public List<String> formats() {
    return WriteboostReading.FORMATS;
  }

  @Override
  public List<? extends FindingCode> findingCodes() {
    return List.of(WriteboostCode.values());
  }

  @Override
  public Optional<Detection> detect(BlockSource source) {
    WriteboostReading reading = WriteboostReading.of(source, null);
    return reading
        .confidence()
        .map(confidence -> new Detection(reading.format(), confidence, reading.evidence()));
  }

  @Override
  public CacheImage open(OpenRequest request) {
    return WriteboostImage.open(request);
  }
}
