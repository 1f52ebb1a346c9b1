// The menu that saves a figure of the page. Images are made here, all else by the kernel.

const PNG_SCALE = 3;

function save(href, name) {
  const link = element("a", { href, download: name });
  link.click();
}

// Pixels of a letter and of a line of the key.
const LETTER = 6.4;
const LINE = 16;

// A figure as an image has it: with the key of its lines under it, which the page has beside it.
function withKey({ data, layout }, key, width) {
  const { l = 80, r = 80, b = 80 } = layout.margin ?? {};
  const room = Math.max(20, Math.floor((width - l - r) / LETTER));
  const lines = [];
  for (const word of key.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const extra = lines.length ? LINE * lines.length + 8 : 0;
  const words = {
    text: lines.map((line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;")).join("<br>"),
    x: 0, xref: "paper", xanchor: "left", y: 0, yref: "paper", yanchor: "top", yshift: -b,
    align: "left", showarrow: false, font: { size: 12 },
  };
  return {
    data,
    layout: {
      ...layout, width, height: layout.height + extra, margin: { ...layout.margin, b: b + extra },
      annotations: [...(layout.annotations ?? []), ...(lines.length ? [words] : [])],
    },
  };
}

function render({ model, el }) {
  // A page may be shown twice: the view that asks gets the answer.
  const view = Math.random().toString(36).slice(2);
  const button = (label, title) => element("button", { type: "button", class: "qv-tool", title }, label);
  const opener = element("button", { type: "button", class: "qv-tool", "aria-expanded": "false" }, "Save ▾");
  opener.title = "Save a figure: image, data, web page, code";
  const choose = (label, items) => {
    const select = element("select", { "aria-label": label });
    for (const [value, text] of items) select.append(element("option", { value }, text));
    return select;
  };
  const figures = model.get("figures");
  const which = choose("Figure", figures.map(({ title }, i) => [i, title]));
  const slider = choose("Slider of the web page", []);
  // Null: the one that the figure offers first.
  let chosen = null;
  const fill = () => {
    const { sliders } = model.get("figures")[Number(which.value)];
    const items = [...sliders, ["", "no slider"]];
    slider.replaceChildren(...items.map(([value, words]) => element("option", { value }, words)));
    if (items.some(([value]) => value === chosen)) slider.value = chosen;
  };
  fill();
  const image = { svg: button("SVG", "Image without loss, for papers"), png: button("PNG", "Image, three times as fine as the screen") };
  const data = { csv: button("CSV", "The numbers, for a spreadsheet"), json: button("JSON", "The numbers and their setting") };
  const web = button("Web page", "One file that opens offline, with a slider");
  const code = button("Python", "Show the code that remakes this figure");
  const copy = button("Copy", "Copy the code");
  const text = element("code", {});
  const listing = element("div", { class: "qv-code", hidden: "" }, element("pre", { tabindex: "0" }, text), copy);
  const status = element("p", { role: "status", class: "qv-save-status" });
  const row = (name, ...parts) => element("div", { class: "qv-save-row" }, element("span", {}, name), ...parts);
  const panel = element(
    "div", { class: "qv-save-panel", role: "group", "aria-label": "Save a figure", hidden: "" },
    ...(figures.length > 1 ? [row("Figure", which)] : []),
    row("Image", image.svg, image.png),
    row("Data", data.csv, data.json),
    row("Slide", web, element("span", { class: "qv-save-with" }, "slider"), slider),
    row("Code", code),
    listing,
    status,
  );
  el.append(opener, panel);

  const open = (on) => {
    panel.hidden = !on;
    if (on) model.send({ kind: "opened" });
    opener.setAttribute("aria-expanded", String(on));
  };
  opener.addEventListener("click", () => open(panel.hidden));
  const outside = (event) => { if (!el.contains(event.target)) open(false); };
  const escape = (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    open(false);
    opener.focus();
  };
  addEventListener("pointerdown", outside, true);
  el.addEventListener("keydown", escape);

  const ask = (kind) => model.send({ kind, view, figure: Number(which.value), slider: slider.value });
  for (const [kind, each] of Object.entries({ ...data, html: web })) each.addEventListener("click", () => ask(kind));
  const hide = () => {
    listing.hidden = true;
    code.setAttribute("aria-expanded", "false");
  };
  code.setAttribute("aria-expanded", "false");
  code.addEventListener("click", () => (listing.hidden ? ask("code") : hide()));
  which.addEventListener("change", () => {
    chosen = null;
    fill();
    hide();
  });
  slider.addEventListener("change", () => { chosen = slider.value; });
  for (const [format, each] of Object.entries(image)) {
    each.addEventListener("click", async () => {
      const { hook, name, key } = model.get("figures")[Number(which.value)];
      const figure = el.closest(".qv-page").querySelector(`.${hook}`);
      await figure.quadviz?.settle();
      const image = withKey(figure, key, figure.clientWidth);
      const { width, height } = image.layout;
      const scale = format === "png" ? PNG_SCALE : 1;
      save(await window.Plotly.toImage(image, { format, width, height, scale }), `quadviz_${name}.${format}`);
    });
  }
  copy.addEventListener("click", async () => {
    copy.textContent = (await copied(text.textContent)) ? "Copied ✓" : "Not copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1800);
  });

  const receive = (content, buffers) => {
    if (content.view !== view) return;
    if (content.kind === "code") {
      text.textContent = content.text;
      listing.hidden = false;
      code.setAttribute("aria-expanded", "true");
    } else if (content.kind === "file") {
      const url = URL.createObjectURL(new Blob([buffers[0]], { type: content.type }));
      save(url, content.name);
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    }
  };
  const show = () => {
    status.textContent = model.get("status");
    web.disabled = model.get("busy");
  };
  model.on("change:status change:busy", show);
  model.on("change:figures", fill);
  model.on("msg:custom", receive);
  show();
  return () => {
    removeEventListener("pointerdown", outside, true);
    model.off("change:status change:busy", show);
    model.off("change:figures", fill);
    model.off("msg:custom", receive);
  };
}

export default { render };
