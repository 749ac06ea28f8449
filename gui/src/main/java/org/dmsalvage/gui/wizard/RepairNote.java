package org.dmsalvage.gui.wizard;

import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.wizard.RepairModel.Preview;
import org.dmsalvage.gui.wizard.RepairModel.Wanted;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.repair.plan.Action;
import org.jspecify.annotations.Nullable;

/** What a repair would do about a finding. */
public final class RepairNote extends VBox {

  private static final int SHOWN = 3;

  private final RepairModel model;
  private @Nullable Finding finding;
  private String failure = "";

  /** Makes a note that says nothing yet. */
  public RepairNote(RepairModel model) {
    super(3);
    this.model = model;
    getStyleClass().add("repair-note");
    setMinHeight(USE_PREF_SIZE);
    model.preview().addListener((_, _, _) -> update());
  }

  /** Speaks of a finding. */
  public void show(Finding shown) {
    finding = shown;
    failure = "";
    update();
  }

  private void update() {
    getChildren().clear();
    if (finding == null) {
      return;
    }
    Preview preview = model.preview().get();
    if (!RepairModel.answers(finding.code())) {
      add(label("Nothing: there is no repair for it, or none is needed.", ""));
    } else if (preview == null) {
      Hyperlink link = new Hyperlink("Work out what it would do");
      link.setId("plan-repair");
      link.setOnAction(_ -> plan());
      add(link);
      if (!failure.isEmpty()) {
        add(label(failure, "error"));
      }
    } else {
      actions(preview.actions(finding));
    }
  }

  private void plan() {
    Work work = model.plan(Wanted.ALL);
    getChildren().setAll(label("Working it out …", "dim"));
    work.message()
        .addListener(
            (_, _, message) -> {
              failure = message;
              update();
            });
  }

  private void actions(List<Action> actions) {
    if (actions.isEmpty()) {
      add(label("Nothing needs to be done about it.", ""));
    }
    for (Action action : actions.stream().limit(SHOWN).toList()) {
      add(
          label(
              "Change %,d bytes at 0x%x of the %s: %s"
                  .formatted(action.length(), action.offset(), action.role(), action.reason()),
              ""));
      add(label("Risk: " + action.risk(), ""));
      if (!action.lost().isEmpty()) {
        add(label("Lost: " + action.lost(), ""));
      }
    }
    if (actions.size() > SHOWN) {
      add(label("… and %,d more".formatted(actions.size() - SHOWN), "dim"));
    }
  }

  private void add(Node node) {
    getChildren().add(node);
  }

  private static Label label(String text, String style) {
    Label label = new Label(text);
    label.setWrapText(true);
    label.setMinHeight(USE_PREF_SIZE);
    if (!style.isEmpty()) {
      label.getStyleClass().add(style);
    }
    return label;
  }
}
