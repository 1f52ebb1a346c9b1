// A film: a slider through moments that are all here already, and a button that runs through them.

// The kernel is told where the slider rests after this long, in milliseconds.
const REST = 250;

let films = 0;

function render({ model, el }) {
  films += 1;
  const id = `qv-film-${films}`;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "qv-play" });
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", id, className: "qv-control-slider", min: 0, step: 1 });
  const label = document.createElement("label");
  label.className = "qv-film-time";
  label.htmlFor = id;
  const said = document.createElement("output");
  label.append(said);
  const root = document.createElement("div");
  root.className = "qv-film";
  root.append(button, slider, label);
  el.append(root);

  let cast = null; // on stage while the figures lag behind
  let shown = 0; // the moment in sight
  let told = null; // the moment that the kernel was told of last, and has not drawn yet
  let rest = 0;
  let tick = 0;
  let playing = false;
  let held = false;

  const texts = () => model.get("texts");
  const face = () => {
    button.textContent = playing ? "❚❚ Pause" : "▶ Play";
    const title = model.get("title");
    Object.assign(button, { title, ariaLabel: `${playing ? "Pause" : "Play"}: ${title}` });
    button.disabled = texts().length < 2;
    slider.disabled = texts().length < 2;
    Object.assign(slider, { title, ariaLabel: title });
  };
  const dial = (moment) => {
    shown = Math.max(0, Math.min(moment, texts().length - 1));
    slider.max = Math.max(1, texts().length - 1);
    slider.value = shown;
    slider.style.setProperty("--qv-fill", shown / slider.max);
    slider.setAttribute("aria-valuetext", texts()[shown] ?? "");
    said.textContent = texts()[shown] ?? "";
  };
  const clear = () => {
    cast?.remove();
    cast = null;
  };
  const stage = () => {
    const page = el.closest(".qv-page");
    const view = model.get("lines");
    const all = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    const panels = model.get("panels");
    const arrays = [];
    let begin = 0;
    for (const { points } of panels.flatMap((panel) => panel.paths)) {
      for (let half = 0; half < 2; half += 1) {
        arrays.push(all.subarray(begin, begin + points * texts().length));
        begin += points * texts().length;
      }
    }
    cast = new Cast(page, panels, arrays, id);
  };
  // Everything is here: no word to the kernel until the slider rests.
  const show = (moment) => {
    if (!cast) stage();
    dial(moment);
    cast.draw(shown);
    told = null;
    clearTimeout(rest);
    rest = 0;
  };
  const settle = (patience) => {
    clearTimeout(rest);
    rest = setTimeout(() => {
      rest = 0;
      told = shown;
      model.send({ kind: "rest", moment: shown });
    }, patience);
  };
  const stop = () => {
    if (!playing) return;
    cancelAnimationFrame(tick);
    playing = false;
    face();
    settle(0);
  };
  const play = () => {
    playing = true;
    face();
    const first = shown >= texts().length - 1 ? 0 : shown;
    const pace = (1000 * model.get("seconds")) / texts().length;
    let start = null;
    show(first);
    const next = (now) => {
      start ??= now;
      const moment = Math.min(first + Math.floor((now - start) / pace), texts().length - 1);
      if (moment !== shown) show(moment);
      if (moment >= texts().length - 1) stop();
      else tick = requestAnimationFrame(next);
    };
    tick = requestAnimationFrame(next);
  };

  button.addEventListener("click", () => (playing ? stop() : play()));
  slider.addEventListener("pointerdown", () => { held = true; });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
    slider.addEventListener(end, () => { held = false; });
  }
  slider.addEventListener("input", () => {
    const moment = slider.valueAsNumber;
    stop();
    show(moment);
    settle(REST);
  });
  slider.addEventListener("keydown", (event) => event.stopPropagation());

  // New frames come together with the moment that the figures show.
  const busy = () => playing || held || rest !== 0 || told !== null;
  const receive = () => {
    face();
    if (!busy()) {
      dial(model.get("moment"));
      return;
    }
    const was = shown;
    clear();
    stage();
    dial(was);
    cast.draw(shown);
  };
  const arrived = (content) => {
    if (content.kind !== "arrived" || content.moment !== told) return;
    told = null;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (!busy()) clear();
    }));
  };
  model.on("change:edition", receive);
  model.on("msg:custom", arrived);
  face();
  dial(model.get("moment"));

  return () => {
    cancelAnimationFrame(tick);
    clearTimeout(rest);
    clear();
    model.off("change:edition", receive);
    model.off("msg:custom", arrived);
  };
}

export default { render };
