package org.dmsalvage.gui.view;

import java.util.concurrent.locks.LockSupport;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.Tooltip;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.replay.evidence.Fingerprint;
import org.jspecify.annotations.Nullable;

/** Says that nothing is written, and what the evidence hashes to. */
final class EvidenceChip extends HBox {

  private static final int SHOWN = 12;

  /** Hashing would take the processors from what the user sees first. */
  private static final long GIVE_WAY_NANOS = 400_000_000;

  private final Session session;
  private final Threads threads;
  private final Label hash = new Label();
  private final ProgressBar bar = new ProgressBar();
  private final Button button = new Button();
  private final Tooltip tooltip = new Tooltip();
  private @Nullable Work work;
  private @Nullable Fingerprint fingerprint;

  EvidenceChip(Session session, Threads threads) {
    this.session = session;
    this.threads = threads;
    getStyleClass().add("evidence");
    setAlignment(Pos.CENTER_LEFT);
    Label badge = new Label("READ-ONLY", Icons.LOCK.node());
    badge.getStyleClass().add("badge");
    badge.setMinWidth(Region.USE_PREF_SIZE);
    badge.setTooltip(
        new Tooltip(
            "All images are opened for reading only. Nothing is written but what a recovery, a"
                + " repair or an undo names and you confirm."));
    hash.getStyleClass().add("mono");
    hash.setId("hash");
    hash.setMinWidth(Region.USE_PREF_SIZE);
    tooltip.setWrapText(true);
    tooltip.setMaxWidth(560);
    hash.setTooltip(tooltip);
    bar.setPrefWidth(70);
    button.getStyleClass().addAll("flat", "small");
    button.setFocusTraversable(false);
    getChildren().addAll(badge, hash, bar, button);
    start();
  }

  /** {@return the hash of the evidence, once it is known} */
  @Nullable Fingerprint fingerprint() {
    return fingerprint;
  }

  /** Computes the hash, if it is neither known nor on its way. */
  void start() {
    Work now = work;
    boolean runs = now != null && now.state().get() == Work.State.RUNNING && !now.isToStop();
    if (fingerprint != null || runs) {
      return;
    }
    Work started =
        Work.start(
            threads.background(),
            threads.ui(),
            progress -> {
              LockSupport.parkNanos(GIVE_WAY_NANOS);
              return Fingerprint.of(session.cache().bytes(), progress);
            },
            this::done);
    work = started;
    hash.setText("SHA-256");
    tooltip.setText("The hash of the whole cache image is being computed in the background.");
    bar.progressProperty().bind(started.fraction());
    shows(true);
    button.setGraphic(Icons.CLOSE.node());
    button.setTooltip(new Tooltip("Stop hashing"));
    button.setOnAction(_ -> started.cancel());
    started.state().addListener((_, _, state) -> ended(started, state));
  }

  private void shows(boolean progress) {
    bar.setVisible(progress);
    bar.setManaged(progress);
  }

  private void ended(Work ended, Work.State state) {
    if (ended != work) {
      return; // It was begun again.
    }
    if (state == Work.State.CANCELLED || state == Work.State.FAILED) {
      shows(false);
      hash.setText("SHA-256 " + (state == Work.State.FAILED ? "failed" : "not computed"));
      tooltip.setText(
          ended.message().get().isEmpty() ? "Hashing was stopped." : ended.message().get());
      button.setGraphic(null);
      button.setText("Compute");
      button.setOnAction(
          _ -> {
            button.setText(null);
            start();
          });
    }
  }

  private void done(Fingerprint result) {
    fingerprint = result;
    shows(false);
    hash.setText("SHA-256 " + result.sha256().substring(0, SHOWN) + "…");
    tooltip.setText(
        "%s%n%nSHA-256  %s%nMD5  %s%n%,d bytes%s"
            .formatted(
                session.cache().bytes().name(),
                result.sha256(),
                result.md5(),
                result.bytes(),
                result.unreadable().isEmpty()
                    ? ""
                    : ", unreadable ones counted as zeros: " + result.unreadable().size()));
    button.setGraphic(Icons.COPY.node());
    button.setText(null);
    button.setTooltip(new Tooltip("Copy the SHA-256"));
    button.setOnAction(
        _ -> {
          var _ = copy();
        });
  }

  /**
   * Copies the SHA-256, if it is known, to the clipboard; else has it computed.
   *
   * @return whether it was known
   */
  boolean copy() {
    if (fingerprint == null) {
      start();
      return false;
    }
    ClipboardContent content = new ClipboardContent();
    content.putString(fingerprint.sha256());
    Clipboard.getSystemClipboard().setContent(content);
    return true;
  }

  /** Stops hashing. */
  void stop() {
    if (work != null) {
      work.cancel();
    }
  }
}
