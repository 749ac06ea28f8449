package org.dmsalvage.gui.view;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.geometry.Bounds;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.Button;
import javafx.scene.control.Control;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressIndicator;
import javafx.scene.control.TextField;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCombination;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import javafx.stage.Stage;
import org.dmsalvage.gui.live.LiveWindow;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.DiskLook;
import org.dmsalvage.gui.model.Dropped;
import org.dmsalvage.gui.model.Jump;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.notes.Bookmarks;
import org.dmsalvage.gui.wizard.FlushSheet;
import org.dmsalvage.gui.wizard.RepairSheet;
import org.dmsalvage.gui.wizard.UndoSheet;
import org.dmsalvage.gui.wizard.WizardSheet;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/** A window with one session, or with the invitation to open one. */
public final class BrowserWindow {

  private static final Pattern SECTOR = Pattern.compile("(?:sector )?([0-9]{1,16})");

  private final Stage stage;
  private final Threads threads;
  private final Settings settings;
  private final ReadOnlyObjectWrapper<Theme> theme;
  private final ReadOnlyObjectWrapper<Colours> colours;
  private final BorderPane main = new BorderPane();
  private final Overlay overlay = new Overlay();
  private final Label problem = new Label();
  private final Scene scene = new Scene(new StackPane(main, problem, overlay), 1280, 720);
  private final HBox toolbar = new HBox();
  private final HBox sessionTools = new HBox(6);
  private final HBox evidencePlace = new HBox();
  private final TextField jumpField = new TextField();
  private final Button back = button(Icons.BACK, "Back  (Alt ←)");
  private final Button forward = button(Icons.FORWARD, "Forward  (Alt →)");
  private final Button recover = new Button("Recover…");
  private final Button repair = new Button("Repair…");
  private final List<Command> commands = new ArrayList<>();
  private final CommandPalette palette = new CommandPalette(overlay, commands);
  private final OpenSheet openSheet = new OpenSheet(overlay, this::open);
  private @Nullable SessionView view;
  private Session.@Nullable Paths shownPaths;
  private @Nullable EvidenceChip evidence;
  private @Nullable Work opening;

  /**
   * Makes a window without a session.
   *
   * @param stage that it takes
   * @param threads that work for it
   * @param startTheme light or dark
   * @param settings what is remembered
   */
  public BrowserWindow(Stage stage, Threads threads, Theme startTheme, Settings settings) {
    this.stage = stage;
    this.threads = threads;
    this.settings = settings;
    theme = new ReadOnlyObjectWrapper<>(startTheme);
    colours = new ReadOnlyObjectWrapper<>(startTheme.colours());
    addCommands();
    palette.setOffers(this::offers, this::openAgain);
    buildToolbar();
    main.getStyleClass().add("browser");
    main.setTop(toolbar);
    main.setCenter(invitation());
    startTheme.use();
    startTheme.use(scene);
    stage.setTitle("dmsalvage");
    stage.setScene(scene);
    stage.setMinWidth(900);
    stage.setMinHeight(560);
    stage.setWidth(settings.width(1280));
    stage.setHeight(settings.height(760));
    stage.setMaximized(settings.maximized());
    stage.setOnHiding(
        _ ->
            settings.remember(
                theme.get() == Theme.DARK,
                stage.getWidth(),
                stage.getHeight(),
                stage.isMaximized()));
    stage.setOnHidden(_ -> closeSession());
    // Nothing takes the place of a session that writes.
    Drops.on(scene, threads, overlay::mayBeLeft, this::dropped);
    scene.focusOwnerProperty().addListener((_, _, owner) -> makeListen(owner));
  }

  /** What just came to have the keyboard hears it only once it has its skin. */
  private static void makeListen(@Nullable Node owner) {
    if (owner instanceof Control control && control.getSkin() == null) {
      control.applyCss();
    }
  }

  /** {@return the scene} */
  public Scene scene() {
    return scene;
  }

  /** {@return the session that shows; null if there is none} */
  public @Nullable Session session() {
    return view == null ? null : view.session();
  }

  /** {@return everything about the session that shows; null if there is none} */
  @Nullable SessionView view() {
    return view;
  }

  /** {@return light or dark} */
  public ReadOnlyObjectProperty<Theme> theme() {
    return theme.getReadOnlyProperty();
  }

  /** Shows the window. */
  public void show() {
    stage.show();
  }

  /** Opens images in this window, instead of what it shows. */
  public void open(Session.Paths paths) {
    ProgressIndicator busy = new ProgressIndicator();
    busy.setMaxSize(36, 36);
    Button cancel = new Button("Cancel");
    cancel.setId("cancel-opening");
    VBox waiting = new VBox(12, busy, new Label("Opening " + paths.cache()), cancel);
    waiting.setAlignment(Pos.CENTER);
    closeSession();
    shownPaths = paths;
    main.setCenter(waiting);
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> Opened.of(paths, threads, progress),
            this::showOpened);
    opening = work;
    cancel.setCancelButton(true);
    cancel.setOnAction(
        _ -> {
          work.cancel();
          main.setCenter(invitation());
        });
    work.message()
        .addListener(
            (_, _, message) -> {
              if (!work.isToStop()) {
                main.setCenter(invitation());
                openSheet.fill(paths);
                openSheet.open(message);
              }
            });
  }

  /**
   * What images turn out to be.
   *
   * @param session a cache; null if they are disks
   * @param look whole disks with volumes; null if they are a cache
   */
  private record Opened(@Nullable Session session, @Nullable DiskLook look) {
    static Opened of(Session.Paths paths, Threads threads, Progress progress) {
      Optional<DiskLook> look = DiskLook.at(paths);
      progress.checkCancelled("opening");
      if (look.isPresent()) {
        return new Opened(null, look.get());
      }
      Session session = Session.open(paths, threads);
      if (progress.cancelled()) {
        // Nobody waits for it any more.
        session.close();
        throw new CancelledException("opening");
      }
      return new Opened(session, null);
    }
  }

  private void showOpened(Opened opened) {
    if (opened.session != null) {
      showSession(opened.session);
    } else if (opened.look != null) {
      main.setCenter(invitation());
      showVolumes(opened.look);
    }
  }

  private void showVolumes(DiskLook look) {
    VolumeSheet sheet =
        new VolumeSheet(
            look,
            overlay::hide,
            paths -> {
              overlay.hide();
              open(paths);
            });
    overlay.show(sheet, Pos.CENTER, sheet.focus());
  }

  private void showSession(Session session) {
    Path kept = settings.directory();
    Bookmarks bookmarks =
        new Bookmarks(session, kept == null ? null : kept.resolve("bookmarks"), threads);
    SessionView shown =
        new SessionView(session, threads, colours, bookmarks, new Dividers(settings));
    view = shown;
    settings.opened(session.paths());
    EvidenceChip chip = new EvidenceChip(session, threads);
    evidence = chip;
    evidencePlace.getChildren().setAll(chip);
    main.setCenter(shown);
    Path name = Path.of(session.paths().cache()).getFileName();
    stage.setTitle((name == null ? session.paths().cache() : name) + " – dmsalvage");
    jumpField.setPromptText("Go to  " + Jump.examples(session));
    jumpField.setDisable(false);
    recover.setDisable(false);
    repair.setDisable(false);
    back.disableProperty().bind(session.navigator().canGoBack().not());
    forward.disableProperty().bind(session.navigator().canGoForward().not());
    // Split panes take their contents in with their style; before, nothing there can have the
    // focus.
    shown.applyCss();
    shown.bytes().view().requestFocus();
  }

  private void closeSession() {
    if (opening != null) {
      opening.cancel();
      opening = null;
    }
    if (evidence != null) {
      evidence.stop();
      evidencePlace.getChildren().clear();
      evidence = null;
    }
    if (view != null) {
      view.close();
      view = null;
    }
    back.disableProperty().unbind();
    forward.disableProperty().unbind();
    back.setDisable(true);
    forward.setDisable(true);
    jumpField.setDisable(true);
    recover.setDisable(true);
    repair.setDisable(true);
  }

  private StartPane invitation() {
    return new StartPane(
        settings.recent(), () -> openSheet.open(""), this::watchDevices, this::open);
  }

  private void watchDevices() {
    new LiveWindow(new Stage(), threads, theme.get()).show();
  }

  private void dropped(Dropped what) {
    if (!overlay.mayBeLeft()) {
      return;
    }
    overlay.hide();
    if (what.problem().isEmpty()) {
      dropped(what.paths());
      return;
    }
    if (!what.paths().isEmpty()) {
      fillSheet(what.paths());
    }
    openSheet.open(what.problem());
  }

  /** Opens files that were dropped: one at once; of several, the user says which is what. */
  void dropped(List<String> files) {
    if (files.size() == 1) {
      open(new Session.Paths(files.getFirst(), null, null, null));
    } else if (files.size() > 1) {
      Session.Paths disks =
          new Session.Paths(files.getFirst(), null, null, null)
              .with(files.subList(1, files.size()));
      Work work =
          Work.start(
              threads.workers(),
              threads.ui(),
              _ -> DiskLook.at(disks),
              look -> look.ifPresentOrElse(this::showVolumes, () -> askWhichIsWhat(files)));
      work.message().addListener((_, _, _) -> askWhichIsWhat(files));
    }
  }

  private void askWhichIsWhat(List<String> files) {
    fillSheet(files);
    openSheet.open(
        files.size() > 3
            ? "%d files were dropped: which are the cache, its disk and its log?"
                .formatted(files.size())
            : "");
  }

  private void fillSheet(List<String> files) {
    String second = files.size() > 1 ? files.get(1) : null;
    String third = files.size() > 2 ? files.get(2) : null;
    openSheet.fill(new Session.Paths(files.getFirst(), third, second, null));
  }

  private void savePicture() {
    new PictureSaver(threads).save(scene.getRoot(), colours.get().background());
  }

  private static Button button(Icons icon, String tip) {
    Button button = new Button(null, icon.node());
    button.getStyleClass().add("flat");
    button.setTooltip(new Tooltip(tip));
    button.setFocusTraversable(false);
    return button;
  }

  private void buildToolbar() {
    toolbar.getStyleClass().add("toolbar");
    toolbar.setAlignment(Pos.CENTER_LEFT);
    Button open = button(Icons.OPEN, "Open…  (Ctrl O)");
    open.setOnAction(_ -> openSheet.open(""));
    back.setOnAction(_ -> withView(v -> v.session().navigator().back()));
    forward.setOnAction(_ -> withView(v -> v.session().navigator().forward()));
    jumpField.setId("jump");
    jumpField.setPrefWidth(330);
    jumpField.setOnAction(_ -> jump());
    jumpField.textProperty().addListener((_, _, _) -> hideProblem());
    jumpField.focusedProperty().addListener((_, _, _) -> problem.setVisible(false));
    problem.getStyleClass().add("problem");
    problem.setId("jump-problem");
    problem.setManaged(false);
    problem.setVisible(false);
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    recover.getStyleClass().add("small");
    recover.setFocusTraversable(false);
    recover.setTooltip(
        new Tooltip("Bring what the cache holds onto its disk, or a copy  (Ctrl R)"));
    recover.setOnAction(_ -> withView(this::recover));
    repair.getStyleClass().add("small");
    repair.setFocusTraversable(false);
    repair.setTooltip(
        new Tooltip("Change the metadata so that a driver shows all of it  (Ctrl Shift R)"));
    repair.setOnAction(_ -> withView(this::repair));
    Button change = button(Icons.THEME, "Light or dark  (Ctrl Shift L)");
    change.setOnAction(_ -> changeTheme());
    Button all = button(Icons.COMMANDS, "All commands  (Ctrl K)");
    all.setOnAction(_ -> palette.open());
    toolbar.getChildren().addAll(open, sessionTools, space, evidencePlace, change, all);
    sessionTools.getChildren().addAll(back, forward, jumpField, recover, repair);
    sessionTools.setAlignment(Pos.CENTER_LEFT);
    // Where it is narrow, only the field gives way.
    recover.setMinWidth(Region.USE_PREF_SIZE);
    repair.setMinWidth(Region.USE_PREF_SIZE);
    jumpField.setMinWidth(90);
    sessionTools.visibleProperty().bind(jumpField.disabledProperty().not());
    closeSession();
  }

  private void jump() {
    withView(
        v -> {
          try {
            v.session().navigator().jump(Jump.parse(jumpField.getText(), v.session()));
            jumpField.clear();
            v.bytes().view().requestFocus();
          } catch (UsageException e) {
            showProblem(e.getMessage());
          }
        });
  }

  /** Says below the field why what is typed leads nowhere. */
  private void showProblem(@Nullable String why) {
    if (!jumpField.getStyleClass().contains("wrong")) {
      jumpField.getStyleClass().add("wrong");
    }
    problem.setText(why);
    problem.setVisible(true);
    problem.applyCss();
    Bounds field = jumpField.localToScene(jumpField.getLayoutBounds());
    problem.resizeRelocate(
        field.getMinX(), field.getMaxY() + 4, problem.prefWidth(-1), problem.prefHeight(-1));
  }

  private void hideProblem() {
    jumpField.getStyleClass().remove("wrong");
    problem.setVisible(false);
  }

  private void recover(SessionView shown) {
    show(
        new FlushSheet(
            shown.session(),
            threads,
            shown.bookmarks()::notes,
            overlay::hide,
            () -> {
              shown.session().sources().forEach(source -> source.pages().forget());
              shown.history().model().forget();
            }));
  }

  private void repair(SessionView shown) {
    Session session = shown.session();
    AtomicBoolean written = new AtomicBoolean();
    show(
        new RepairSheet(
            session,
            threads,
            shown.repair(),
            new RepairSheet.Ways(
                overlay::hide,
                location -> {
                  overlay.hide();
                  session.navigator().jump(location);
                },
                paths -> {
                  written.set(false);
                  overlay.hide();
                  open(paths);
                },
                undoFile -> {
                  overlay.hide();
                  undo(undoFile);
                },
                () -> written.set(true))),
        () -> reopen(written));
  }

  private void undo(String undoFile) {
    AtomicBoolean written = new AtomicBoolean();
    show(
        new UndoSheet(undoFile, threads, overlay::hide, () -> written.set(true)),
        () -> reopen(written));
  }

  /** Images that were written are shown as they are now. */
  private void reopen(AtomicBoolean written) {
    if (written.get() && shownPaths != null) {
      open(shownPaths);
    }
  }

  private void show(WizardSheet sheet) {
    show(sheet, () -> {});
  }

  private void show(WizardSheet sheet, Runnable onHidden) {
    overlay.show(sheet, Pos.CENTER, sheet.focus());
    overlay.setMayLeave(sheet::mayClose);
    overlay.setOnHide(
        () -> {
          sheet.stop();
          onHidden.run();
        });
  }

  private void changeTheme() {
    theme.set(theme.get().other());
    colours.set(theme.get().colours());
    theme.get().use();
    theme.get().use(scene);
  }

  private void withView(Consumer<SessionView> action) {
    if (view != null) {
      action.accept(view);
    }
  }

  private void add(String name, String keys, Consumer<SessionView> action) {
    commands.add(Command.of(name, keys, () -> view != null, () -> withView(action)));
  }

  private void addAlways(String name, String keys, Runnable action) {
    BooleanSupplier always = () -> true;
    commands.add(Command.of(name, keys, always, action));
  }

  private void addCommands() {
    addAlways("Open…", "Shortcut+O", () -> openSheet.open(""));
    add("Go to offset, sector, segment…", "Shortcut+G", _ -> jumpField.requestFocus());
    SessionCommands.all().forEach(c -> add(c.name(), c.keys(), c.action()));
    add("Recover the disk…", "Shortcut+R", this::recover);
    add("Repair the cache…", "Shortcut+Shift+R", this::repair);
    add("Stop what runs in the background", "Shortcut+PERIOD", this::stopBackground);
    add("Copy the SHA-256 of the cache", "Shortcut+Shift+H", this::copyHash);
    addAlways("Undo what was written in place…", "Shortcut+Shift+Z", () -> undo(""));
    addAlways("Watch running devices…", "Shortcut+Shift+W", this::watchDevices);
    addAlways("Save a picture of the window…", "", this::savePicture);
    addAlways("Light or dark", "Shortcut+Shift+L", this::changeTheme);
    addAlways("Close window", "Shortcut+W", stage::close);
    for (Command command : commands) {
      if (command.keys() != null) {
        scene
            .getAccelerators()
            .put(
                command.keys(),
                () -> {
                  if (!overlay.isVisible() && command.possible().getAsBoolean()) {
                    command.action().run();
                  }
                });
      }
    }
    for (String keys : new String[] {"Shortcut+K", "Shortcut+Shift+P"}) {
      scene.getAccelerators().put(KeyCombination.valueOf(keys), palette::open);
    }
  }

  private void stopBackground(SessionView shown) {
    shown.stopBackground();
    if (evidence != null) {
      evidence.stop();
    }
  }

  private void copyHash(SessionView shown) {
    if (evidence != null) {
      shown.say(
          evidence.copy() ? "copied the SHA-256" : "the SHA-256 is still being computed", false);
    }
  }

  /** {@return commands that typed words make, such as the number of a sector} */
  private List<Command> offers(String typed) {
    Matcher sector = SECTOR.matcher(typed.strip());
    return view != null && sector.matches()
        ? List.of(
            Command.of(
                "History of sector " + sector.group(1),
                "",
                () -> true,
                () -> withView(v -> v.showHistoryOf(Long.parseLong(sector.group(1))))))
        : List.of();
  }

  /** {@return commands that open again what was opened last, if typed words are in its path} */
  private List<Command> openAgain(String typed) {
    String wanted = typed.strip().toLowerCase(Locale.ROOT);
    return settings.recent().stream()
        .filter(_ -> !wanted.isEmpty())
        .map(paths -> Command.of("Open " + paths.cache(), "", () -> true, () -> open(paths)))
        .filter(command -> command.name().toLowerCase(Locale.ROOT).contains(wanted))
        .toList();
  }
}
