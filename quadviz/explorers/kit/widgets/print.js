// Makes a page ready for print, and undoes that: the setting in words, solutions open, figures to fit a sheet and for white.

// The controls of a page as they are set: what each is called, and its value.
function settings(page) {
  const found = [];
  const absent = (node) => node !== page && (node.style.display === "none" || absent(node.parentElement));
  const said = (node) => node?.textContent.replace(/\s+/g, " ").trim() ?? "";
  for (const control of page.querySelectorAll(".qv-control, .widget-toggle-buttons, .widget-dropdown, .qv-film-time")) {
    if (absent(control)) continue;
    if (control.matches(".qv-control")) {
      const [symbol, label] = control.querySelector(".qv-control-name").children;
      found.push([`${said(symbol)} ${said(label)}`, control.querySelector(".qv-control-box").value]);
    } else if (control.matches(".qv-film-time")) found.push(["shown in the film", said(control)]);
    else {
      const chosen = control.querySelector(".mod-active, option:checked");
      if (chosen) found.push([said(control.querySelector(".widget-label")), said(chosen)]);
    }
  }
  return found.filter(([, value]) => value);
}

// A colour of a dark page for white paper: as light as it was dark, in the same hue.
const SURFACE = 33; // of 255: how light the ground of a dark figure is
function onWhite(colour) {
  const [red, green, blue, opacity = 1] = colour.match(/[\d.]+/g).map(Number);
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const wanted = 255 * Math.min(1, (255 - light) / (255 - SURFACE));
  const moved = (channel) => (wanted < light ? channel * (wanted / light) : 255 - (255 - channel) * ((255 - wanted) / (255 - light)));
  return `rgba(${[red, green, blue].map((channel) => Math.round(moved(channel))).join(",")},${opacity})`;
}

function preparing(page) {
  let undo = [];
  const before = () => {
    after();
    const heading = element("h2", {}, "Setting");
    const items = settings(page).map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value)));
    const list = element("section", { class: "qv-printed" }, heading, element("dl", {}, ...items));
    if (items.length) page.querySelector(".qv-header").after(list);
    undo.push(() => list.remove());
    for (const shut of document.querySelectorAll("details:not([open])")) {
      shut.open = true;
      undo.push(() => { shut.open = false; });
    }
    const dark = document.body.dataset.jpThemeLight === "false";
    for (const figure of page.querySelectorAll(".js-plotly-plot")) {
      figure.style.setProperty("--qv-drawn", figure.querySelector(".main-svg")?.width.baseVal.value || 680);
      if (!dark) continue;
      // All colours are read before one is changed: parts of words have theirs from the whole.
      const drawn = [...figure.querySelectorAll(".main-svg *")].map((node) => {
        const { fill, stroke } = getComputedStyle(node);
        return { node, style: node.getAttribute("style"), colours: { fill, stroke } };
      });
      for (const { node, style, colours } of drawn) {
        for (const [name, colour] of Object.entries(colours)) {
          if (colour.startsWith("rgb")) node.style[name] = onWhite(colour);
        }
        undo.push(() => (style === null ? node.removeAttribute("style") : node.setAttribute("style", style)));
      }
    }
  };
  const after = () => {
    for (const back of undo) back();
    undo = [];
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}
