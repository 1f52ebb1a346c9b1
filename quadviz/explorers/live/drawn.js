// What plotly has drawn, and how to move it without plotly. All that leans on plotly's private parts is in this file:
// names of classes, the places of axes in _fullLayout, and what is bound to ticks. A browser test compares what is
// moved here with what plotly itself draws.

const FAR = "translate(-9999,-9999)";
const SVG = "http://www.w3.org/2000/svg";

// From values to pixels of a panel as plotly does it: on a log axis what is not positive lies so many lengths below.
const BELOW = 20;
function scaleOf({ range: [low, high], type }, { _offset: offset, _length: length }, upright) {
  const slope = (upright ? -length : length) / (high - low);
  const start = upright ? length : 0;
  const linear = (value) => start + slope * (value - low);
  const below = linear(low - BELOW * Math.abs(high - low));
  const log = (value) => (value > 0 ? linear(Math.log10(value)) : value <= 0 ? below : NaN);
  return { linear, pixel: type === "log" ? log : linear, floor: type === "log" ? below : NaN, offset, length };
}

// Plotly writes a colour and how much it lets through apart.
function paint(node, what, colour) {
  const [, red, green, blue, alpha] = /^rgba\((.+?),(.+?),(.+?),(.+?)\)$/.exec(colour) ?? [];
  node.style[what] = alpha === undefined ? colour : `rgb(${red},${green},${blue})`;
  node.style[`${what}Opacity`] = alpha ?? 1;
}

const isLine = ({ mode }) => mode.includes("lines");
const finite = (value) => value === value && value !== undefined && Math.abs(value) !== Infinity;

class Drawn {
  // The figure is what plotly was given last.
  constructor(el, figure) {
    Object.assign(this, { el, figure, shown: figure, full: el._fullLayout, ticksMade: new Map(), ticksKnown: new Map() });
    this.layout = figure.layout;
    this.scales = new Map();
    this.groups = Object.fromEntries(
      figure.order.map((uid) => [uid, el.querySelector(`.scatterlayer .trace${CSS.escape(uid)}`)]),
    );
    const numbered = (what) => (_part, i) => el.querySelector(`${what}[data-index="${i}"]`);
    this.shapes = (figure.layout.shapes ?? []).map(numbered(".shapelayer path"));
    this.notes = (figure.layout.annotations ?? []).map(numbered(".infolayer .annotation"));
    this.across = new Map();
  }

  // By the name of an axis as traces call it.
  scale(id = "x") {
    if (!this.scales.has(id)) {
      const name = `${id[0]}axis${id.slice(1)}`;
      const full = this.full[name];
      const { range = full.range, type = full.type } = this.layout[name] ?? {};
      this.scales.set(id, scaleOf({ range, type }, full, id[0] === "y"));
    }
    return this.scales.get(id);
  }

  // Moves all that differs from what is in sight; false where something has to be drawn that is not there.
  show(next) {
    const before = this.shown;
    const moved = new Set(
      // Told anew, an axis may still be the same.
      Object.keys(next.layout).filter((key) => ISAXIS.test(key) && !alike(next.layout[key], before.layout[key]))
        .map((key) => key.replace("axis", "")),
    );
    this.layout = next.layout;
    this.scales.clear();
    this.across.clear();
    const still = (part, old, ...axes) => part === old && !axes.some((axis) => moved.has(axis));
    const todo = [...moved].map((id) => () => this.ticks(id, next.layout[`${id[0]}axis${id.slice(1)}`]));
    for (const uid of next.order) {
      const trace = next.traces[uid];
      if (still(trace, before.traces[uid], trace.xaxis ?? "x", trace.yaxis ?? "y") || trace.visible === false) continue;
      const group = this.groups[uid];
      if (!group || !direct(trace) || !this.canShow(trace, group)) return this.giveUp(before);
      if (isLine(trace)) todo.push(() => this.line(trace, group));
      if (trace.mode.includes("markers")) todo.push(() => this.points(trace, group));
    }
    const parts = [["shapes", this.shapes, "shape"], ["annotations", this.notes, "note"]];
    for (const [kind, nodes, draw] of parts) {
      for (let i = 0; i < nodes.length; i += 1) {
        const part = next.layout[kind][i];
        if (still(part, before.layout[kind][i], part.xref ?? "x", part.yref ?? "y")) continue;
        const nothing = part.visible === false || part.text === "";
        if (!nodes[i] && !nothing) return this.giveUp(before);
        if (draw === "note" && !nothing && !sayable(part.text, this.figure.layout[kind][i].text)) return this.giveUp(before);
        if (nodes[i]) todo.push(() => this[draw](part, nodes[i], i, nothing));
      }
    }
    for (const each of todo) each();
    this.legend(next, before);
    this.shown = next;
    return true;
  }

  giveUp(before) {
    this.layout = before.layout;
    this.scales.clear();
    return false;
  }

  // Points of some other shape than a circle, and bars of errors, are made by plotly alone.
  canShow(trace, group) {
    if (!trace.mode.includes("markers")) return true;
    const some = group.querySelector("path.point");
    const bars = trace.error_y?.array ? group.querySelectorAll("path.yerror").length : 0;
    const there = Array.from(trace.y).filter((y, i) => finite(y) && finite(trace.x[i])).length;
    const drawable = some || !there || ["circle", undefined].includes(trace.marker?.symbol);
    return drawable && (!trace.error_y?.array || bars === there);
  }

  // Places of a trace are mostly those of the one before.
  pixelsAcross(values, id) {
    if (!this.across.has(values)) {
      const { pixel } = this.scale(id);
      this.across.set(values, Array.from(values, (value) => pixel(value)));
    }
    return this.across.get(values);
  }

  line({ x, y, xaxis, yaxis = "y", fill, fillcolor, line }, group) {
    const across = this.pixelsAcross(x, xaxis);
    const { pixel, floor } = this.scale(yaxis);
    const zero = pixel(0).toFixed(2);
    const closed = fill && fill !== "none";
    let outline = "";
    let area = "";
    let start = null;
    let last = null;
    let under = false;
    const close = () => {
      if (start === null) return;
      area += fill === "tozeroy" ? `L${last},${zero}L${start},${zero}Z` : "Z";
      start = null;
    };
    for (let i = 0; i < y.length; i += 1) {
      const up = pixel(y[i]);
      if (!finite(up) || !finite(across[i])) {
        if (closed) close();
        start = null;
        continue;
      }
      // To and from what is far below plotly goes straight down and up.
      const deep = up === floor;
      const turn = start !== null && deep !== under;
      const down = turn && deep ? `L${last},${floor.toFixed(2)}` : "";
      last = across[i].toFixed(2);
      const rise = turn && !deep ? `L${last},${floor.toFixed(2)}` : "";
      const step = `${down}${rise}${start === null ? "M" : "L"}${last},${up.toFixed(2)}`;
      under = deep;
      start ??= last;
      outline += step;
      if (closed) area += step;
    }
    if (closed) close();
    const filled = closed && group.querySelector(".fills path.js-fill");
    if (filled) {
      filled.setAttribute("d", area || "M0,0");
      if (fillcolor) paint(filled, "fill", fillcolor);
    }
    if (line?.width === 0) return;
    const home = group.querySelector(".lines") ?? group;
    const [first = this.newLine(home, xaxis, yaxis), ...rest] = home.querySelectorAll("path.js-line");
    first.setAttribute("d", outline || "M0,0");
    for (const other of rest) other.setAttribute("d", "M0,0");
    if (line?.color) paint(first, "stroke", line.color);
    first.style.strokeWidth = `${line?.width ?? 2}px`;
    if (listed(line?.dash)) first.style.strokeDasharray = line?.dash && line.dash !== "solid" ? line.dash : "";
  }

  newLine(home, xaxis = "x", yaxis = "y") {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", "js-line");
    const clip = this.full._plots[`${xaxis}${yaxis}`]?.layerClipId;
    if (clip) path.setAttribute("clip-path", `url(#${clip})`);
    path.style.cssText = "fill: none; vector-effect: none";
    home.append(path);
    return path;
  }

  points(trace, group) {
    const { x, y, marker = {} } = trace;
    const home = group.querySelector(".points") ?? group;
    const [right, up] = [this.scale(trace.xaxis), this.scale(trace.yaxis ?? "y")];
    const nodes = [...home.querySelectorAll("path.point")];
    for (const surplus of nodes.splice(x.length)) surplus.remove();
    while (nodes.length < x.length) {
      const node = nodes[0]?.cloneNode() ?? circle(marker);
      home.append(node);
      nodes.push(node);
    }
    // Where points are not cut off at the axes, plotly leaves those out that lie beyond.
    const beyond = (pixel, { length }) => trace.cliponaxis === false && (pixel < -0.5 || pixel > length + 0.5);
    nodes.forEach((node, i) => {
      const [h, v] = [right.pixel(x[i]), up.pixel(y[i])];
      const seen = finite(h) && finite(v) && !beyond(h, right) && !beyond(v, up);
      node.setAttribute("transform", seen ? `translate(${h.toFixed(2)},${v.toFixed(2)})` : FAR);
      node.style.display = "";
      const colour = Array.isArray(marker.color) ? marker.color[i] : marker.color;
      if (colour) paint(node, "fill", colour);
      if (marker.line?.color) paint(node, "stroke", marker.line.color);
    });
    if (trace.error_y?.array) this.bars(trace, group, right, up);
  }

  // Bars without caps, of the points that are somewhere.
  bars({ x, y, error_y: { array, color } }, group, right, up) {
    const there = Array.from(y.keys()).filter((i) => finite(y[i]) && finite(x[i]));
    group.querySelectorAll("path.yerror").forEach((bar, k) => {
      const i = there[k];
      const [top, bottom] = [y[i] + array[i], y[i] - array[i]].map((value) => up.pixel(value).toFixed(2));
      bar.setAttribute("d", `M${right.pixel(x[i]).toFixed(2)},${top}V${bottom}`);
      if (color) paint(bar, "stroke", color);
    });
  }

  // Ticks of plotly that are still there are moved, the others hidden; new ones are copies.
  ticks(id, axis) {
    const { pixel, offset } = this.scale(id);
    for (const copy of this.ticksMade.get(id) ?? []) copy.remove();
    const made = [];
    this.ticksMade.set(id, made);
    const place = (value) => (id[0] === "x" ? `translate(${offset + pixel(value)},0)` : `translate(0,${offset + pixel(value)})`);
    for (const kind of [`path.${id}grid`, `path.${id}tick`, `g.${id}tick`]) {
      if (!this.ticksKnown.has(kind)) this.ticksKnown.set(kind, [...this.el.querySelectorAll(kind)]);
      const nodes = this.ticksKnown.get(kind);
      if (!nodes.length) continue;
      const idle = new Map(nodes.map((node) => [node.__data__?.text, node]));
      axis.tickvals.forEach((value, i) => {
        const text = axis.ticktext[i];
        let node = idle.get(text);
        idle.delete(text);
        if (!node) {
          node = nodes[0].cloneNode(true);
          const words = node.querySelector("text");
          if (words) words.innerHTML = raised(text);
          nodes[0].parentNode.append(node);
          made.push(node);
        }
        node.style.display = "";
        (node.querySelector("text") ?? node).setAttribute("transform", place(value));
      });
      for (const node of idle.values()) node.style.display = "none";
    }
  }

  // A place in a figure, in pixels from its corner. A note on a log axis is placed by the logarithm.
  at(x, y, { xref = "x", yref = "y" }, asNote) {
    const { l, t, w, h } = this.full._size;
    const along = (value, ref) => {
      const { linear, pixel, offset } = this.scale(ref);
      return offset + (asNote ? linear : pixel)(value);
    };
    return [xref === "paper" ? l + x * w : along(x, xref), yref === "paper" ? t + (1 - y) * h : along(y, yref)];
  }

  shape(shape, node, _i, nothing) {
    node.style.display = nothing ? "none" : "";
    if (nothing) return;
    const [[x0, y0], [x1, y1]] = [this.at(shape.x0, shape.y0, shape), this.at(shape.x1, shape.y1, shape)];
    node.setAttribute("d", shape.type === "rect" ? `M${x0},${y0}H${x1}V${y1}H${x0}Z` : `M${x0},${y0}L${x1},${y1}`);
    if (shape.line?.color) paint(node, "stroke", shape.line.color);
    if (shape.fillcolor) paint(node, "fill", shape.fillcolor);
  }

  note(note, node, _i, nothing) {
    node.style.display = nothing ? "none" : "";
    if (nothing) return;
    const text = node.querySelector("text.annotation-text");
    const ground = node.querySelector("rect.bg");
    say(text, note.text);
    if (note.font?.color) paint(text, "fill", note.font.color);
    node.style.opacity = note.opacity ?? 1;
    const border = note.borderwidth ?? 1;
    const edge = border + (note.borderpad ?? 1);
    const box = text.getBBox();
    const [width, height] = [box.width, box.height].map((side) => Math.round(side + 2 * edge));
    ground?.setAttribute("width", width - border);
    const start = Number(text.getAttribute("x")) + edge - box.x;
    for (const line of [text, ...text.querySelectorAll("tspan.line")]) line.setAttribute("x", start);
    // Plotly puts notes on whole pixels.
    const anchor = { left: 0, top: 0, center: 0.5, middle: 0.5, right: 1, bottom: 1 };
    const [x, y] = this.at(note.x, note.y, note, true);
    const left = Math.round(x + (note.xshift ?? 0) - anchor[note.xanchor ?? "center"] * width);
    const top = Math.round(y - (note.yshift ?? 0) - anchor[note.yanchor ?? "middle"] * height);
    text.parentNode.setAttribute("transform", `translate(${left},${top})`);
    // One that is turned is turned about its middle.
    if (note.textangle) text.parentNode.parentNode.setAttribute("transform", `rotate(${note.textangle},${x},${y})`);
  }

  // Names and colours; what stands right of a name in its row makes room for it.
  legend(next, before) {
    this.entries ??= [...this.el.querySelectorAll(".legend .traces")].map((node) => [node.__data__?.[0]?.trace?.uid, node]);
    for (const [uid, node] of this.entries) {
      const trace = next.traces[uid];
      if (!trace || trace === before.traces[uid]) continue;
      for (const line of node.querySelectorAll(".legendlines path")) if (trace.line?.color) paint(line, "stroke", trace.line.color);
      const words = node.querySelector(".legendtext");
      if (!words || words.textContent === trace.name || /[<&]/.test(trace.name)) continue;
      const old = words.getBBox().width;
      words.textContent = trace.name;
      this.shiftBeside(node, words.getBBox().width - old);
      this.widenLegend();
    }
  }

  // What is cut off at its right end.
  widenLegend() {
    const box = this.el.querySelector(".legend .scrollbox");
    const id = /url\(["']?#(.+?)["']?\)/.exec(box?.getAttribute("clip-path") ?? "")?.[1];
    const right = box && box.getBBox().x + box.getBBox().width;
    const clip = id && this.el.querySelector(`#${CSS.escape(id)} rect`);
    if (clip && right > Number(clip.getAttribute("width"))) clip.setAttribute("width", Math.ceil(right));
  }

  shiftBeside(node, by) {
    const place = (each) => /translate\(([-\d.]+)[, ]+([-\d.]+)\)/.exec(each.getAttribute("transform") ?? "")?.slice(1).map(Number);
    // Entries of a group of their own stand in it, and the group is what is placed.
    const placed = (each) => (place(each)?.[0] ? each : place(each.parentNode) ? each.parentNode : each);
    const [x, y] = place(placed(node)) ?? [0, 0];
    for (const [, other] of this.entries) {
      const at = place(placed(other));
      if (at && at[1] === y && at[0] > x) placed(other).setAttribute("transform", `translate(${at[0] + by},${at[1]})`);
    }
  }

  // Plotly knows its own elements by what it bound to them: those made here go before it draws.
  clear() {
    for (const copy of [...this.ticksMade.values()].flat()) copy.remove();
    for (const node of [...this.ticksKnown.values()].flat()) node.style.display = "";
  }
}

const widthDrawn = (el) => el._fullLayout.width;

// A place in a window in the units of a figure's first pair of axes.
function valuesAt(el, x, y) {
  const { xaxis, yaxis } = el._fullLayout;
  const { left, top } = el.getBoundingClientRect();
  const zoom = el.currentCSSZoom ?? 1;
  const along = (pixels, axis) => axis.p2d(pixels / zoom - axis._offset);
  return [along(x - left, xaxis), along(y - top, yaxis)];
}

function circle({ size = 6, line }) {
  const node = document.createElementNS(SVG, "path");
  const r = size / 2;
  node.setAttribute("class", "point");
  node.setAttribute("d", `M${r},0A${r},${r} 0 1,1 0,-${r}A${r},${r} 0 0,1 ${r},0Z`);
  Object.assign(node.style, { opacity: 1, strokeWidth: `${line?.width ?? 0}px` });
  return node;
}

// What plotly has made of one text says another that has the same tags, whatever their colours.
const TAG = /(<[^<>]*>)/;
const INK = /color:([^;"]*)/g;
const words = (text) => text.split(TAG).filter((_, i) => i % 2 === 0);
const form = (text) => text.split(TAG).filter((_, i) => i % 2).join().replace(INK, "");
const sayable = (text, drawn) => text === drawn || (form(text) === form(drawn) && !/[&\n]/.test(text));

function say(node, text) {
  const said = words(text);
  const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  // Beside what it raises or lowers plotly puts a space without width.
  while (walk.nextNode()) if (walk.currentNode.data !== "\u200b") walk.currentNode.data = said.shift();
  const inked = [...node.querySelectorAll("tspan")].filter(({ style }) => style.fill);
  [...text.matchAll(INK)].forEach(([, ink], i) => { inked[i].style.fill = ink; });
}

// Powers in the text of a tick, as plotly sets them.
function raised(text) {
  const plain = document.createElement("span");
  plain.textContent = text;
  return plain.innerHTML.replace(/&lt;sup&gt;(.*?)&lt;\/sup&gt;/g, '<tspan style="font-size:70%" dy="-0.6em">$1</tspan>');
}
