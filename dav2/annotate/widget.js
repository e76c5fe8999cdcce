// The annotator's desk. What is asked and answered lives in Python: this shows `view` and `picture`,
// and sends wishes. Only the zoom, and points not yet confirmed, live here.
const PAUSE_MS = 400; // the second click of a double click is no answer to the next question
const CLICK_PX = 4; // who moves farther drags
const DEEPEST = 40; // screen pixels per picture pixel

const HTML = `
  <div class="line">
    <span class="question"></span>
    <label class="chooser">scene type <select><option value="">choose</option></select></label>
    <span class="count"></span><progress aria-label="answered"></progress>
  </div>
  <div class="stage" tabindex="0" role="application"><img alt="" draggable="false"></div>
  <div class="line buttons">
    <button class="one" data-key="1">1 is nearer <kbd>1 ←</kbd></button>
    <button class="two" data-key="2">2 is nearer <kbd>2 →</kbd></button>
    <button class="confirm" data-key="Enter">take this pair <kbd>Enter</kbd></button>
    <button class="skip" data-key="s">skip <kbd>S</kbd></button>
    <button class="undo" data-key="z">undo <kbd>Z</kbd></button>
    <button data-key="+" aria-label="zoom in">+</button>
    <button data-key="-" aria-label="zoom out">−</button>
    <button data-key="f" class="close">close-up <kbd>F</kbd></button>
    <button data-key="0">whole <kbd>0</kbd></button>
  </div>
  <div class="message" role="alert"></div>`;
const HELP =
  "Keys: 1 or left arrow, 2 or right arrow: that point is nearer. S skip, Z undo, " +
  "plus and minus zoom, F close-up, 0 whole picture, shift and arrows move.";
const HELP_OWN = "Click the nearer point, then the farther one, then Enter. S skip, Z undo.";

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "dav2-annotate";
  root.innerHTML = HTML;
  el.appendChild(root);
  const find = (selector) => root.querySelector(selector);
  const stage = find(".stage"), image = find("img"), chooser = find("select");
  let view = {}, picked = [], address = "", waiting = true, timer;
  let scale = 1, left = 0, top = 0;

  // --- where things are
  const fitting = () =>
    Math.min(stage.clientWidth / view.size[1], stage.clientHeight / view.size[0]);
  const points = () => view.pair ?? picked;
  const toPixel = (event) => {
    const box = stage.getBoundingClientRect();
    const x = event.clientX - box.left - stage.clientLeft;
    const y = event.clientY - box.top - stage.clientTop;
    return { x, y, row: Math.floor((y - top) / scale), column: Math.floor((x - left) / scale) };
  };

  function place() {
    if (!view.task) return;
    const [height, width] = view.size;
    const inside = (start, length, room) =>
      length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, start));
    left = inside(left, width * scale, stage.clientWidth);
    top = inside(top, height * scale, stage.clientHeight);
    image.style.width = `${width}px`;
    image.style.height = `${height}px`;
    image.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
    image.classList.toggle("close", scale > 3);
    const shown = points();
    const xs = shown.map(([, column]) => left + (column + 0.5) * scale);
    while (stage.querySelectorAll(".marker").length > shown.length)
      stage.querySelector(".marker:last-of-type").remove();
    shown.forEach(([row], index) => {
      let marker = stage.querySelectorAll(".marker")[index];
      if (!marker) {
        marker = stage.appendChild(document.createElement("div"));
        marker.setAttribute("aria-hidden", "true");
        marker.appendChild(document.createElement("span"));
      }
      const x = xs[index], y = top + (row + 0.5) * scale;
      marker.className = index ? "marker two" : "marker one";
      const first = x < Math.max(...xs); // labels point away from the other marker
      marker.classList.toggle("flipped", first ? x > 110 : x > stage.clientWidth - 110);
      marker.classList.toggle("top", y < 40);
      marker.dataset.index = index;
      marker.style.left = `${x}px`;
      marker.style.top = `${y}px`;
      marker.firstChild.textContent = view.pair ? index + 1 : ["1 nearer", "2 farther"][index];
    });
  }

  function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    if (!view.task) return;
    const next = Math.min(DEEPEST, Math.max(fitting(), scale * factor));
    left = x - ((x - left) / scale) * next;
    top = y - ((y - top) / scale) * next;
    scale = next;
    place();
  }

  function whole() {
    if (!view.task) return;
    scale = fitting();
    place();
  }

  function closeUp() {
    const shown = points();
    if (!shown.length) return;
    const middle = [0, 1].map((axis) => shown.reduce((sum, p) => sum + p[axis], 0) / shown.length + 0.5);
    const reach = Math.max(24, ...shown.flatMap((p) => [
      (Math.abs(p[0] - middle[0]) * 2 * stage.clientWidth) / stage.clientHeight,
      Math.abs(p[1] - middle[1]) * 2,
    ]));
    scale = Math.min(DEEPEST, Math.max(fitting(), (0.6 * stage.clientWidth) / reach));
    left = stage.clientWidth / 2 - middle[1] * scale;
    top = stage.clientHeight / 2 - middle[0] * scale;
    place();
  }

  // --- what Python says
  function pause() {
    waiting = true;
    delete root.dataset.ready;
    clearTimeout(timer);
  }

  function show() {
    const before = view;
    view = model.get("view");
    if (view.image !== before.image) {
      URL.revokeObjectURL(address);
      address = view.image ? URL.createObjectURL(new Blob([model.get("picture")])) : "";
      if (address) image.src = address;
      else image.removeAttribute("src");
    }
    if (chooser.length === 1)
      view.scenes.forEach((scene) => chooser.add(new Option(scene.replace("_", " "), scene)));
    chooser.value = view.scene ?? "";
    const own = view.task && !view.pair;
    find(".question").textContent = !view.task
      ? "All answered. Thank you."
      : own ? "Find a hard pair: click the nearer point, then the farther one."
      : "Which point is nearer to the camera?";
    find(".chooser").hidden = !view.task;
    find(".count").textContent = `${view.done} of ${view.total} answered, ${view.skipped} skipped`;
    find("progress").max = view.total;
    find("progress").value = view.done;
    root.querySelectorAll(".buttons > *").forEach((button) => (button.hidden = !view.task));
    root.querySelectorAll(".buttons .one, .buttons .two").forEach((b) => (b.hidden = !view.pair));
    find(".confirm").hidden = !own;
    find(".undo").hidden = !view.done;
    find(".message").textContent = view.message;
    if (!view.task && root.contains(document.activeElement)) find(".undo").focus();
    stage.hidden = !view.task;
    stage.classList.toggle("picking", Boolean(own));
    stage.setAttribute("aria-label", `${view.image}. ${own ? HELP_OWN : HELP}`);
    if (view.task !== before.task) {
      picked = [];
      whole();
    }
    place();
    pause();
    timer = setTimeout(() => {
      waiting = false;
      root.dataset.ready = `${view.turn}`;
    }, view.done === before.done ? 0 : PAUSE_MS);
  }

  // --- what the annotator does
  function wish(what) {
    if (waiting) return;
    pause(); // until Python has answered
    model.send({ task: view.task, done: view.done, ...what });
  }

  function answer(index) {
    if (view.pair) wish({ do: "answer", nearer: index });
  }

  const move = (x, y) => () => ((left += 60 * x), (top += 60 * y), place());
  const KEYS = {
    "1": () => answer(0),
    "2": () => answer(1),
    ArrowLeft: () => answer(0),
    ArrowRight: () => answer(1),
    Enter: () => !view.pair && picked.length === 2 && wish({ do: "answer", nearer: 0, pair: picked }),
    s: () => view.task && wish({ do: "skip" }),
    z: () => (picked.length && !view.pair ? (picked.pop(), place()) : wish({ do: "undo" })),
    "+": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    "0": whole,
    f: closeUp,
  };
  Object.assign(KEYS, { Backspace: KEYS.z, u: KEYS.z, "=": KEYS["+"] });
  const SHIFTED = {
    ArrowLeft: move(1, 0), ArrowRight: move(-1, 0), ArrowUp: move(0, 1), ArrowDown: move(0, -1),
  };

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // else JupyterLab takes letters for its own commands
    if (event.target === chooser || event.key === "Tab") return;
    if (event.target.tagName === "BUTTON" && ["Enter", " "].includes(event.key)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = (event.shiftKey && SHIFTED[key]) || KEYS[key];
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || SHIFTED[key] === action) action();
  });
  find(".buttons").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    KEYS[button.dataset.key]();
    stage.focus({ preventScroll: true }); // a hidden button would take the keys with it
  });
  chooser.addEventListener("change", () => {
    if (chooser.value) wish({ do: "scene", scene: chooser.value });
    stage.focus({ preventScroll: true });
  });

  let press = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !view.task) return;
    stage.setPointerCapture(event.pointerId);
    press = { x: event.clientX, y: event.clientY, left, top, marker: event.target.closest(".marker") };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!press) return;
    const x = event.clientX - press.x, y = event.clientY - press.y;
    if (!press.dragged && Math.hypot(x, y) < CLICK_PX) return;
    press.dragged = true;
    left = press.left + x;
    top = press.top + y;
    place();
  });
  stage.addEventListener("pointerup", (event) => {
    const { dragged, marker } = press ?? { dragged: true };
    press = null;
    if (dragged) return;
    if (view.pair) {
      if (marker) answer(Number(marker.dataset.index));
      return;
    }
    const { row, column } = toPixel(event);
    const [height, width] = view.size;
    if (row < 0 || column < 0 || row >= height || column >= width) return;
    picked = picked.length === 2 ? [[row, column]] : [...picked, [row, column]];
    place();
  });
  stage.addEventListener("pointercancel", () => (press = null));
  stage.addEventListener("wheel", (event) => {
    if (!root.contains(document.activeElement)) return; // the page scrolls until one clicks here
    event.preventDefault();
    const { x, y } = toPixel(event);
    zoom(Math.exp(-event.deltaY / 400), x, y);
  }, { passive: false });

  let room = 0;
  const observer = new ResizeObserver(() => {
    if (stage.clientWidth === room) return;
    room = stage.clientWidth;
    whole();
  });
  observer.observe(stage);
  model.on("change:view", show);
  show();
  return () => {
    observer.disconnect();
    model.off("change:view", show);
    clearTimeout(timer);
    URL.revokeObjectURL(address);
  };
}

export default { render };
