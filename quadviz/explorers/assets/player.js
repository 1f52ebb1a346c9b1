// Plays a run: draws its moments over the figures of the page, in their axes, and moves the slider along.

const SVG = "http://www.w3.org/2000/svg";
const CONTROLS = "input, button, select, textarea, a";

function element(tag, attributes, parent) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent?.append(node);
  return node;
}

// One figure: its moving lines and labels are hidden and drawn anew in a layer above it.
class Stage {
  constructor(figure, panel, arrays, name) {
    Object.assign(this, { figure, name });
    figure.dataset.qvStage = name;
    this.layer = element("svg", { class: "qv-stage", "aria-hidden": "true" });
    this.clip = element("svg", { overflow: "hidden" }, this.layer);
    this.paths = panel.paths.map((path) => {
      const [x, y] = [arrays.shift(), arrays.shift()];
      const node = element("path", { "stroke-linejoin": "round", ...path.style }, this.clip);
      if (typeof path.dashes === "string") node.setAttribute("stroke-dasharray", path.dashes);
      return { ...path, x, y, node };
    });
    this.labels = panel.labels.map((label) => ({ ...label, node: element("text", label.style, this.layer) }));
  }

  // A style rule, for plotly may draw its own elements again at any time.
  hidden() {
    const inside = `[data-qv-stage="${this.name}"]`;
    const traces = this.paths.map((path) => `${inside} .trace${this.figure._fullData[path.trace].uid}`);
    const labels = this.labels.map((label) => `${inside} .annotation[data-index="${label.annotation}"]`);
    return `${[...traces, ...labels].join(",")} { visibility: hidden; }`;
  }

  draw(moment) {
    const layout = this.figure._fullLayout;
    const across = layout.xaxis;
    const host = this.figure.querySelector(".svg-container");
    if (this.layer.parentNode !== host) host.append(this.layer);
    const top = layout.yaxis._offset;
    const frame = { x: across._offset, y: top, width: across._length, height: layout.yaxis._length };
    for (const [name, value] of Object.entries(frame)) this.clip.setAttribute(name, value);
    for (const path of this.paths) {
      const up = layout[path.axis];
      const { points, x, y } = path;
      const begin = moment * points;
      let outline = "";
      for (let i = begin; i < begin + points && Number.isFinite(x[begin]); i += 1) {
        outline += `${outline ? "L" : "M"}${across.c2p(x[i]).toFixed(1)},${up.c2p(y[i]).toFixed(1)}`;
      }
      path.node.setAttribute("d", outline);
      if (typeof path.dashes !== "string") path.node.setAttribute("stroke-dasharray", path.dashes[moment]);
    }
    for (const label of this.labels) {
      const left = label.left[moment];
      const up = layout[label.axis];
      label.node.textContent = label.text[moment];
      label.node.setAttribute("text-anchor", left ? "end" : "start");
      label.node.setAttribute("x", frame.x + across.c2p(label.x[moment]) + (left ? -1 : 1) * (label.shift[0] + 1));
      label.node.setAttribute("y", top + 1 + up.c2p(label.y[moment]) - label.shift[1]);
    }
  }

  remove() {
    this.layer.remove();
    if (this.figure.dataset.qvStage === this.name) delete this.figure.dataset.qvStage;
  }
}

// A run on its way: what it is made of, and where it is.
class Performance {
  constructor(page, run, buffers) {
    const arrays = buffers.map((view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)));
    const figures = page.querySelectorAll(".qv-panels .js-plotly-plot");
    Object.assign(this, { page, run, count: run.positions.length, moment: -1 });
    this.stages = run.panels.map((panel, i) => new Stage(figures[i], panel, arrays, `${run.ticket}-${i}`));
    this.rule = document.createElement("style");
    this.rule.textContent = this.stages.map((stage) => stage.hidden()).join("\n");
    this.slider = page.querySelector(`.qv-control-slider[data-name="${run.parameter}"]`);
    this.box = page.querySelector(`.qv-control-box[data-name="${run.parameter}"]`);
    this.told = {};
    document.head.append(this.rule);
    page.classList.add("qv-playing");
  }

  show(moment) {
    if (moment === this.moment) return;
    this.moment = moment;
    for (const stage of this.stages) stage.draw(moment);
    this.slider.value = this.run.positions[moment];
    this.slider.style.setProperty("--qv-fill", this.run.positions[moment] / this.slider.max);
    this.box.value = this.run.texts[moment];
    for (const [name, { every, html }] of Object.entries(this.run.regions)) {
      const index = Math.floor(moment / every);
      if (this.told[name] === index) continue;
      this.told[name] = index;
      const region = this.page.querySelector(`.${name} .widget-html-content`);
      if (region) region.innerHTML = html[index];
    }
  }

  remove() {
    for (const stage of this.stages) stage.remove();
    this.rule.remove();
    this.page.classList.remove("qv-playing");
  }
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "qv-play";
  el.append(button);

  let ticket = null; // of the run asked for or played
  let show = null; // the run on the stage
  let tick = 0;
  let count = 0;
  const name = Math.random().toString(36).slice(2);

  const face = () => {
    button.textContent = ticket === null ? "▶ Play" : "❚❚ Pause";
    button.title = model.get("title");
    button.setAttribute("aria-label", `${ticket === null ? "Play" : "Pause"}: ${model.get("title")}`);
  };
  const clear = () => {
    show?.remove();
    show = null;
  };
  const begin = () => {
    count += 1;
    ticket = `${name}-${count}`;
    face();
    model.send({ kind: "play", ticket });
  };
  // The last picture stays until the kernel has drawn the figures at that very place.
  const stop = () => {
    if (ticket === null) return;
    cancelAnimationFrame(tick);
    model.send({ kind: "stopped", ticket, moment: show?.run.ticket === ticket ? show.moment : null });
    ticket = null;
    face();
  };
  const play = (run, buffers) => {
    clear();
    show = new Performance(el.closest(".qv-page"), run, buffers);
    const pace = (1000 * run.seconds) / show.count;
    let start = null;
    const next = (now) => {
      start ??= now - run.start * pace;
      const moment = Math.min(Math.floor((now - start) / pace), show.count - 1);
      show.show(moment);
      if (moment === show.count - 1) stop();
      else tick = requestAnimationFrame(next);
    };
    tick = requestAnimationFrame(next);
  };

  const receive = (content, buffers) => {
    if (content.kind === "halt") stop();
    else if (content.kind === "run" && content.ticket === ticket) play(content, buffers);
    else if (content.kind === "refused" && content.ticket === ticket) {
      ticket = null;
      face();
      clear();
    } else if (content.kind === "arrived" && ticket === null) {
      const finished = show;
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (show === finished && ticket === null) clear();
      }));
    }
  };
  // Whoever takes hold of another control wants to see what that does: first the kernel is told where we are.
  const interrupt = (event) => {
    const control = event.target.closest?.(CONTROLS);
    if (ticket === null || !control || el.contains(control)) return;
    if (el.closest(".qv-page")?.contains(control)) stop();
  };
  const events = ["focusin", "pointerdown", "click", "input", "change", "dblclick"];
  for (const event of events) document.addEventListener(event, interrupt, true);
  button.addEventListener("click", () => (ticket === null ? begin() : stop()));
  model.on("msg:custom", receive);
  model.on("change:title", face);
  face();

  return () => {
    cancelAnimationFrame(tick);
    clear();
    for (const event of events) document.removeEventListener(event, interrupt, true);
    model.off("msg:custom", receive);
    model.off("change:title", face);
  };
}

export default { render };
