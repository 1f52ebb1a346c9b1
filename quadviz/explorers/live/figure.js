// A figure: plotly draws it; while it changes, what moves is written into plotly's drawing directly.

// Plotly draws anew when a figure has kept still for so long, in milliseconds.
const REST = 120;
// A second click so soon makes one click two, in milliseconds.
const TWICE = 300;
// Pixels a pointer may stray in a click.
const STRAY = 6;
const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false };

// What a page knows of its figures, for all their views: by the key of each the figure, its edition and the views.
const figures = (globalThis.quadvizFigures ??= new Map());

function initialize({ model, signal }) {
  const key = model.get("key");
  const known = { figure: null, edition: -1, views: new Set() };
  figures.set(key, known);
  const ask = () => model.send({ kind: "whole", edition: known.edition });
  const take = (message) => {
    const { edition, whole, ...found } = unpacked(message);
    // What is missing here was told before anybody listened.
    if (!whole && edition !== known.edition + 1) return edition > known.edition && ask();
    known.figure = applied(whole ? null : known.figure, found);
    known.edition = edition;
    for (const view of known.views) view();
  };
  take(model.get("figure"));
  const receive = (content, buffers) => content.kind === "draw" && take(buffers[0]);
  model.on("msg:custom", receive);
  ask();
  signal?.addEventListener("abort", () => {
    model.off("msg:custom", receive);
    figures.delete(key);
  });
}

// One view of a figure.
class View {
  constructor(Plotly, el, known) {
    Object.assign(this, { Plotly, el, known, drawn: null, moment: null, rest: 0, frame: 0 });
    // For whoever looks how it was drawn.
    this.counts = { direct: 0, plotly: 0 };
  }

  // What is to be seen: the figure, or a moment of a film in it.
  wanted() {
    const { figure } = this.known;
    if (this.shownOf !== figure || this.shownAt !== this.moment) {
      Object.assign(this, { shownOf: figure, shownAt: this.moment });
      this.seen = this.moment ? applied(figure, this.moment) : figure;
    }
    return this.seen;
  }

  // At once, and no more than once a frame.
  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.busy && this.drawn?.shown !== this.wanted()) this.draw();
    });
    if (this.busy) return; // what comes meanwhile is seen to afterwards
    const next = this.wanted();
    if (!this.drawn || this.drawn.shown === next) return;
    const why = difference(this.drawn.figure, next);
    if (why === undefined && this.drawn.show(next)) {
      this.counts.direct += 1;
      clearTimeout(this.rest);
      // A film goes on: plotly draws where it has come to rest.
      if (!this.moment) this.rest = setTimeout(() => this.settle(), REST);
    } else {
      this.counts.why = why ?? "parts";
      this.settle();
    }
  }

  // Has plotly draw what is to be seen.
  async settle() {
    clearTimeout(this.rest);
    this.rest = 0;
    if (this.busy) return this.busy;
    this.busy = this.react();
    await this.busy;
    this.busy = null;
    if (this.drawn.shown !== this.wanted()) this.draw();
    return undefined;
  }

  async react() {
    const figure = this.wanted();
    const { el } = this;
    this.drawn?.clear();
    const draw = () => {
      const { data, layout } = forPlotly(figure);
      el.style.height = `${layout.height}px`;
      // A finger on a figure scrolls the page.
      if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
      Object.assign(layout, { autosize: false, width: Math.max(el.clientWidth, 100) });
      return this.Plotly.react(el, data, layout, CONFIG);
    };
    const width = el.clientWidth;
    await draw();
    // Plotly places a legend of several rows by the height that it had before: at a new width it takes two turns.
    if (width !== this.width && el.querySelector(".legend")) await draw();
    this.width = width;
    this.counts.plotly += 1;
    this.drawn = new Drawn(el, figure);
  }

  // Plotly has moved something by itself: nothing of what was found in its drawing is to be relied on.
  forget() {
    if (this.drawn) this.drawn.figure = { ...this.drawn.figure, order: [] };
  }
}

// Clicks on what is drawn, or anywhere, and stretches dragged over.
function listen(view, model) {
  const { el } = view;
  let waiting = 0;
  const click = (x, y) => {
    const tell = () => model.send({ kind: "click", x, y });
    clearTimeout(waiting);
    // Where a double click leads back, a click is not told before it is clear that no second follows.
    if (view.known.figure.layout.meta?.zoomed) waiting = setTimeout(tell, TWICE);
    else tell();
  };
  el.on("plotly_relayout", (change) => {
    const range = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (range[0] === undefined) return;
    view.forget();
    const ends = view.known.figure.layout.xaxis.type === "log" ? range.map((end) => 10 ** end) : range;
    model.send({ kind: "zoom", x: ends[0], y: ends[1] });
  });
  el.on("plotly_doubleclick", () => {
    clearTimeout(waiting);
    if (view.known.figure.layout.meta?.zoomed) model.send({ kind: "zoom", x: null });
  });
  if (!model.get("anywhere")) {
    el.on("plotly_click", ({ points }) => points.length && click(points[0].x, points[0].y));
    return () => clearTimeout(waiting);
  }
  let down = null;
  const press = (event) => { down = event.button === 0 ? [event.clientX, event.clientY] : null; };
  const letGo = (event) => {
    const start = down;
    down = null;
    if (!start || Math.hypot(event.clientX - start[0], event.clientY - start[1]) > STRAY) return;
    click(...valuesAt(el, event.clientX, event.clientY));
  };
  const giveUp = () => { down = null; };
  el.addEventListener("pointerdown", press, true);
  addEventListener("pointerup", letGo, true);
  addEventListener("pointercancel", giveUp, true);
  return () => {
    clearTimeout(waiting);
    removeEventListener("pointerup", letGo, true);
    removeEventListener("pointercancel", giveUp, true);
  };
}

async function render({ model, el }) {
  const key = model.get("key");
  el.dataset.figure = key;
  // Who hears a page is told what is drawn; its numbers stand under it in words.
  const name = () => {
    if (!model.get("title")) return;
    el.role = "img";
    el.ariaLabel = model.get("title");
  };
  name();
  model.on("change:title", name);
  let gone = false;
  const ends = [() => { gone = true; }, () => model.off("change:title", name)];
  const end = () => { for (const each of ends) each(); };
  plotlyFor(model).then(async (Plotly) => {
    const known = figures.get(key);
    if (gone || !known) return;
    const view = new View(Plotly, el, known);
    // For whoever saves the figure, plays a film in it, or looks how it was drawn.
    el.quadviz = view;
    await view.settle();
    if (el.role === "img") for (const part of el.children) part.ariaHidden = "true";
    const draw = () => view.draw();
    known.views.add(draw);
    draw();
    const sized = new ResizeObserver(() => {
      // What is printed is scaled by its style: plotly would come too late.
      if (matchMedia("print").matches) return;
      if (el.clientWidth && Math.abs(el.clientWidth - widthDrawn(el)) > 1) view.settle();
    });
    sized.observe(el);
    ends.push(listen(view, model), () => {
      sized.disconnect();
      known.views.delete(draw);
      cancelAnimationFrame(view.frame);
      clearTimeout(view.rest);
      Plotly.purge(el);
    });
    if (gone) end();
  });
  return end;
}

export default { initialize, render };
