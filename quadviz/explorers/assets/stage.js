// Draws moments that are solved beforehand over the figures of a page, in their axes.

const SVG = "http://www.w3.org/2000/svg";

function element(tag, attributes, parent) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent?.append(node);
  return node;
}

// One figure: its moving lines, labels and marks are hidden and drawn anew in a layer above it.
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
    this.marks = panel.marks.map((mark) => ({ ...mark, node: element("line", mark.style, this.layer) }));
  }

  // A style rule, for plotly may draw its own elements again at any time.
  hidden() {
    const inside = `[data-qv-stage="${this.name}"]`;
    const traces = this.paths.map((path) => `${inside} .trace${this.figure._fullData[path.trace].uid}`);
    const labels = this.labels.map((label) => `${inside} .annotation[data-index="${label.annotation}"]`);
    const marks = this.marks.map((mark) => `${inside} .shapelayer path[data-index="${mark.shape}"]`);
    return `${[...traces, ...labels, ...marks].join(",")} { visibility: hidden; }`;
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
    this.drawMarks(moment);
  }

  drawMarks(moment) {
    const { _size: size, xaxis: across } = this.figure._fullLayout;
    for (const mark of this.marks) {
      const x = across._offset + across.c2p(mark.x[moment]);
      for (const [name, value] of Object.entries({ x1: x, x2: x, y1: size.t, y2: size.t + size.h })) {
        mark.node.setAttribute(name, value);
      }
    }
  }

  remove() {
    this.layer.remove();
    if (this.figure.dataset.qvStage === this.name) delete this.figure.dataset.qvStage;
  }
}

// The stages of a page's figures, and the rule that hides what they stand for.
class Cast {
  constructor(page, panels, arrays, name) {
    const figures = page.querySelectorAll(".qv-panels .js-plotly-plot");
    this.stages = panels.map((panel, i) => new Stage(figures[i], panel, arrays, `${name}-${i}`));
    this.rule = document.createElement("style");
    this.rule.textContent = this.stages.map((stage) => stage.hidden()).join("\n");
    document.head.append(this.rule);
  }

  draw(moment) {
    for (const stage of this.stages) stage.draw(moment);
  }

  remove() {
    for (const stage of this.stages) stage.remove();
    this.rule.remove();
  }
}
