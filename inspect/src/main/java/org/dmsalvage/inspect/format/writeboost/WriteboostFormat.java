package org.dmsalvage.inspect.format.writeboost;

import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.format.CacheFormat;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;

/** All versions of writeboost. */
public final class WriteboostFormat implements CacheFormat {

  /** Name of the device-mapper target. */
  static final String TARGET = "writeboost";

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

  /** Each generation of the driver takes other arguments. */
  @Override
  public Optional<String> formatOf(DmTable table) {
    List<String> arguments = table.arguments();
    if (!table.target().equals(TARGET) || arguments.size() < 2) {
      return Optional.empty();
    }
    if (arguments.getFirst().matches("[01]")) {
      return Optional.of(WriteboostReading.FORMAT_2014);
    }
    boolean order = arguments.size() == 3 && arguments.get(2).matches("[4-9]|1[01]");
    return Optional.of(order ? WriteboostReading.FORMAT_2013 : WriteboostReading.FORMAT_2);
  }

  @Override
  public CacheImage open(OpenRequest request) {
    return WriteboostImage.open(request);
  }
}
