// The tools in a page's header, and the notes on a link that could not be followed in all.

const REST = 400; // milliseconds
const ZOOM_KEY = "quadviz-projector";
const root = document.documentElement;

// plotly takes pixels of the screen for its own: under a zoom a pointer is to be told where it would be without.
function unzoom(event) {
  const plane = event.target;
  const zoom = plane.currentCSSZoom ?? 1;
  if (!event.isTrusted || zoom === 1 || !plane.classList?.contains("drag")) return;
  event.stopImmediatePropagation();
  const frame = plane.getBoundingClientRect();
  const [clientX, clientY] = [
    frame.left + (event.clientX - frame.left) / zoom,
    frame.top + (event.clientY - frame.top) / zoom,
  ];
  plane.dispatchEvent(new MouseEvent(event.type, { bubbles: true, cancelable: true, view: window, clientX, clientY }));
}

const icon = (drawing) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  svg.innerHTML = drawing;
  return svg;
};
const LINK = '<path d="M6.5 9.5l3-3M7 4.5l1.5-1.5a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5L7.5 13A3 3 0 0 1 3 8.5L4.5 7"/>';
const THEME = '<circle cx="8" cy="8" r="6"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>';
const BOOK = '<path d="M8 4C6 2.5 4 2.5 2 3v10c2-.5 4-.5 6 1 2-1.5 4-1.5 6-1V3c-2-.5-4-.5-6 1zM8 4v10"/>';
const SCREEN = '<path d="M1.5 2.5h13M3 2.5v8h10v-8M8 10.5v1.5M8 12l-3 2.5M8 12l3 2.5"/>';

function render({ model, el }) {
  const button = (title, ...inside) =>
    element("button", { type: "button", class: "qv-tool", title, "aria-label": title }, ...inside);
  const words = element("span", {}, "Copy link");
  const link = button("Copy a link to this page as it is now", icon(LINK), words);
  const theme = button("Light or dark", icon(THEME));
  const projector = button("Larger, for a projector", icon(SCREEN));
  const theory = button("Theory and tasks, beside the figures", icon(BOOK), element("span", {}, "Theory"));
  theory.classList.add("qv-theory-tool");
  theory.hidden = true;
  const notes = element("div", { class: "qv-notes", role: "status" });
  const voila = "voila" in document.body.dataset;
  // In a notebook the address is the notebook's own, and so is the theme.
  link.hidden = theme.hidden = !voila || !window.quadviz;
  el.append(theory, link, theme, projector, notes);

  const address = () => {
    const query = model.get("query");
    const page = `voila/render/notebooks/${model.get("name")}.ipynb`;
    const binder = model.get("binder");
    if (binder) return `${binder}?urlpath=${encodeURIComponent(query ? `${page}?${query}` : page)}`;
    return `${location.origin}${location.pathname}${query ? `?${query}` : ""}`;
  };
  const say = (text) => {
    words.textContent = text;
    setTimeout(() => { words.textContent = "Copy link"; }, 1800);
  };
  const receive = (content) => {
    if (content.kind === "followed") window.quadviz?.arrived();
  };
  link.addEventListener("click", async () => {
    if (await copied(address())) say("Copied ✓");
    else prompt("The link:", address());
  });
  // The page's own address follows its state, once that rests: browsers count how often an address changes.
  let resting;
  const follow = () => {
    clearTimeout(resting);
    resting = setTimeout(() => history.replaceState(history.state, "", `?${model.get("query")}`), REST);
  };

  // What the address asks for is chosen otherwise now.
  const overrule = (name) => {
    const query = new URLSearchParams(location.search);
    if (!voila || !query.has(name)) return;
    query.delete(name);
    history.replaceState(history.state, "", `?${query}`);
  };
  theme.addEventListener("click", () => {
    window.quadviz.setTheme(document.body.dataset.jpThemeLight === "false" ? "light" : "dark");
    overrule("theme");
  });

  const showProjector = () => {
    projector.setAttribute("aria-pressed", String(root.classList.contains("qv-projector")));
  };
  const project = (on) => {
    root.classList.toggle("qv-projector", on);
    keep(ZOOM_KEY, on ? "yes" : "no");
    showProjector();
    dispatchEvent(new Event("resize"));
  };
  projector.addEventListener("click", () => {
    project(!root.classList.contains("qv-projector"));
    overrule("projector");
  });
  // A link's answer holds for the pages after it, be it yes or no.
  const asked = new URLSearchParams(location.search).get("projector");
  if (["yes", "no"].includes(asked)) project(asked === "yes");
  else if (kept(ZOOM_KEY) === "yes") project(true);
  showProjector();

  const showNotes = () => {
    const items = model.get("notes").map((note) => element("li", {}, note));
    if (!items.length) return notes.replaceChildren();
    const close = element("button", { type: "button", class: "qv-tool", "aria-label": "Dismiss these notes" }, "✕");
    close.addEventListener("click", () => model.send({ kind: "read" }));
    notes.replaceChildren(element("ul", {}, ...items), close);
  };
  addEventListener("mousemove", unzoom, true);
  if (voila && window.quadviz) model.on("change:query", follow);
  model.on("change:notes", showNotes);
  model.on("msg:custom", receive);
  showNotes();
  const ends = [];
  requestAnimationFrame(() => {
    const page = el.closest(".qv-page");
    if (page) ends.push(preparing(page), naming(page), settingLinks(page, model));
    if (page && voila) ends.push(theoryOf(page, theory));
    const bar = el.closest(".qv-header")?.querySelector(".qv-pages");
    const current = bar?.querySelector("[aria-current]");
    if (current) bar.scrollLeft = current.offsetLeft - bar.offsetLeft - 8;
  });

  // The way that a link led here is told once, without the token that may be in it.
  if (voila && !model.get("notes").length) {
    const query = new URLSearchParams(location.search);
    query.delete("token");
    if (query.size) model.send({ kind: "arrived", query: query.toString() });
    else window.quadviz?.arrived();
  }
  return () => {
    for (const end of ends) end();
    removeEventListener("mousemove", unzoom, true);
    model.off("change:query", follow);
    model.off("change:notes", showNotes);
    model.off("msg:custom", receive);
  };
}

export default { render };
