// A film: moments that are all here already, played in the figures of a page through the path of every other change.

// The kernel is told where a film rests after this long, in milliseconds.
const REST = 250;
const CONTROLS = "input, button, select, textarea, a";

let films = 0;

// The slider of the film itself, with the time beside it.
function ownSlider(id, title) {
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", id, className: "qv-control-slider", min: 0, step: 1, title, ariaLabel: title });
  const label = document.createElement("label");
  Object.assign(label, { className: "qv-film-time", htmlFor: id });
  const said = document.createElement("output");
  label.append(said);
  const dial = (moment, { texts }) => {
    slider.max = Math.max(1, texts.length - 1);
    slider.value = moment;
    slider.style.setProperty("--qv-fill", moment / slider.max);
    slider.setAttribute("aria-valuetext", texts[moment] ?? "");
    said.textContent = texts[moment] ?? "";
    slider.disabled = texts.length < 2;
  };
  return { slider, parts: [slider, label], dial };
}

// The control of a parameter, which the film moves along.
function parameterSlider(page, name) {
  const [slider, box] = ["slider", "box"].map((part) => page.querySelector(`.qv-control-${part}[data-name="${name}"]`));
  const dial = (moment, { texts, positions }) => {
    if (!positions?.length) return;
    slider.value = positions[moment];
    slider.style.setProperty("--qv-fill", positions[moment] / slider.max);
    box.value = texts[moment];
  };
  return { dial };
}

function render({ model, el }) {
  films += 1;
  const parameter = model.get("parameter");
  const title = model.get("title");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "qv-play", title });
  const own = parameter ? null : ownSlider(`qv-film-${films}`, title);
  if (own) {
    const root = document.createElement("div");
    root.className = "qv-film";
    root.append(button, ...own.parts);
    el.append(root);
  } else el.append(button);

  let reel = unpacked(model.get("reel"));
  let shown = reel.moment; // the moment in sight
  let told = null; // the one that the kernel was told of last, and has not drawn yet
  let rest = 0;
  let tick = 0;
  let playing = false;
  let asked = false; // for a film made on demand
  let held = false;
  let staged = false;
  let regions = {};

  const page = () => el.closest(".qv-page");
  const views = () => Object.entries(reel.figures)
    .map(([key, moments]) => [page()?.querySelector(`[data-figure="${key}"]`)?.quadviz, moments])
    .filter(([view]) => view);
  const busy = () => playing || asked || held || rest !== 0 || told !== null;
  const face = () => {
    const running = playing || asked;
    button.textContent = running ? "❚❚ Pause" : "▶ Play";
    button.ariaLabel = `${running ? "Pause" : "Play"}: ${title}`;
    button.disabled = !parameter && reel.texts.length < 2;
    page()?.classList.toggle("qv-playing", Boolean(parameter) && staged);
  };
  const dial = () => (own ?? parameterSlider(page(), parameter)).dial(shown, reel);
  const clear = () => {
    staged = false;
    for (const [view] of views()) {
      view.moment = null;
      view.draw();
    }
    face();
  };
  // Everything is here: no word to the kernel until the film rests.
  const show = (moment) => {
    shown = Math.max(0, Math.min(moment, reel.texts.length - 1));
    staged = true;
    for (const [view, moments] of views()) {
      view.moment = moments[shown];
      view.draw();
    }
    dial();
    for (const [name, { every, html }] of Object.entries(reel.regions)) {
      const index = Math.floor(shown / every);
      if (regions[name] === index) continue;
      regions[name] = index;
      const region = page().querySelector(`.${name} .widget-html-content`);
      if (region) region.innerHTML = html[index];
    }
    told = null;
    clearTimeout(rest);
    rest = 0;
  };
  const tell = () => {
    rest = 0;
    told = shown;
    model.send({ kind: "rest", moment: shown, edition: reel.edition });
  };
  const settle = (patience) => {
    clearTimeout(rest);
    if (patience) rest = setTimeout(tell, patience);
    else tell();
  };
  const stop = () => {
    asked = false;
    if (playing) {
      cancelAnimationFrame(tick);
      playing = false;
      settle(0);
    }
    face();
  };
  const play = (first) => {
    playing = true;
    regions = {};
    const pace = (1000 * model.get("seconds")) / reel.texts.length;
    let start = null;
    show(first);
    face();
    const next = (now) => {
      start ??= now;
      const moment = Math.min(first + Math.floor((now - start) / pace), reel.texts.length - 1);
      if (moment !== shown) show(moment);
      if (moment >= reel.texts.length - 1) stop();
      else tick = requestAnimationFrame(next);
    };
    tick = requestAnimationFrame(next);
  };
  const start = () => {
    if (!parameter) play(shown >= reel.texts.length - 1 ? 0 : shown);
    else {
      asked = true;
      face();
      model.send({ kind: "play" });
    }
  };

  // A new film, from which the moment in sight may be shown on; or the one asked for.
  const load = (next) => {
    const waiting = asked;
    if (staged) clear();
    reel = next;
    asked = false;
    if (parameter) {
      if (waiting && reel.texts.length) play(reel.moment);
      else face();
    } else if (busy()) show(shown);
    else {
      shown = reel.moment;
      dial();
    }
    face();
  };
  const receive = (content, buffers) => {
    if (content.kind === "reel") load(unpacked(buffers[0]));
    else if (content.kind === "moment") {
      reel.moment = content.moment;
      if (busy()) return;
      shown = reel.moment;
      dial();
    } else if (content.kind === "halt" && (playing || asked)) stop();
    else if (content.kind === "refused") {
      asked = false;
      face();
    } else if (content.kind === "arrived" && content.moment === told) {
      told = null;
      if (!busy()) clear();
    }
  };
  // Whoever takes hold of another control wants to see what that does: first the kernel is told where we are.
  const interrupt = (event) => {
    const control = event.target.closest?.(CONTROLS);
    if (!(playing || asked) || !control || el.contains(control) || !page()?.contains(control)) return;
    stop();
  };
  const events = parameter ? ["focusin", "pointerdown", "click", "input", "change", "dblclick"] : [];
  for (const event of events) document.addEventListener(event, interrupt, true);
  button.addEventListener("click", () => (playing || asked ? stop() : start()));
  if (own) {
    own.slider.addEventListener("pointerdown", () => { held = true; });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      own.slider.addEventListener(end, () => { held = false; });
    }
    own.slider.addEventListener("input", () => {
      const moment = own.slider.valueAsNumber;
      stop();
      show(moment);
      settle(REST);
    });
    own.slider.addEventListener("keydown", (event) => event.stopPropagation());
    dial();
  }
  model.on("msg:custom", receive);
  face();
  // What was loaded before anybody listened.
  model.send({ kind: "whole", edition: reel.edition });

  return () => {
    cancelAnimationFrame(tick);
    clearTimeout(rest);
    if (staged) clear();
    for (const event of events) document.removeEventListener(event, interrupt, true);
    model.off("msg:custom", receive);
  };
}

export default { render };
