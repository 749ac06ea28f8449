package org.dmsalvage.gui.look;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javafx.scene.image.Image;
import javafx.scene.image.PixelReader;
import org.dmsalvage.inspect.error.OutputException;

/** Writes pictures as PNG; the desktop module, which could, is not part of the runtime. */
public final class Png {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int BITS = 8;
  private static final int RGB = 2;

  private Png() {}

  /**
   * Saves a picture without its transparency.
   *
   * @return the file
   * @throws OutputException if that fails
   */
  public static Path save(Image image, Path file) {
    try (OutputStream out = Files.newOutputStream(file)) {
      write(image, out);
      return file;
    } catch (IOException e) {
      throw new OutputException(file.toString(), "cannot be written", e);
    }
  }

  /** Writes a picture without its transparency. */
  public static void write(Image image, OutputStream out) throws IOException {
    int width = (int) image.getWidth();
    int height = (int) image.getHeight();
    DataOutputStream file = new DataOutputStream(out);
    file.write(SIGNATURE);
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(header);
    fields.writeInt(width);
    fields.writeInt(height);
    fields.write(new byte[] {BITS, RGB, 0, 0, 0});
    chunk(file, "IHDR", header.toByteArray());
    chunk(file, "IDAT", pixels(image.getPixelReader(), width, height));
    chunk(file, "IEND", new byte[0]);
    file.flush();
  }

  private static byte[] pixels(PixelReader pixels, int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      byte[] row = new byte[1 + 3 * width];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int colour = pixels.getArgb(x, y);
          row[1 + 3 * x] = (byte) (colour >> 16);
          row[2 + 3 * x] = (byte) (colour >> 8);
          row[3 + 3 * x] = (byte) colour;
        }
        out.write(row);
      }
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void chunk(DataOutputStream file, String type, byte[] contents)
      throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(contents);
    file.writeInt(contents.length);
    file.write(name);
    file.write(contents);
    file.writeInt((int) crc.getValue());
  }
}
