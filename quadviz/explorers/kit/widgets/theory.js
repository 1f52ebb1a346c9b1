// The text of a dashboard, beside its figures where the window is wide: a drawer, which stays as it was left.

const THEORY_KEY = "quadviz-theory";

// Gathers the text under a page into one part, and ties a button to it; nothing where there is no text.
function theoryOf(page, button) {
  let around = page.querySelector(".qv-main") && page.parentElement;
  while (around && !around.querySelector(".jp-MarkdownCell")) around = around.parentElement;
  button.hidden = !around;
  if (!around) return () => {};
  const drawer = element("aside", { class: "qv-theory", id: "qv-theory", "aria-label": "Theory and tasks" });
  around.classList.add("qv-cells");
  drawer.append(...around.querySelectorAll(".jp-MarkdownCell"));
  around.append(drawer);
  button.setAttribute("aria-controls", drawer.id);
  const open = (on) => {
    document.documentElement.classList.toggle("qv-theory-shut", !on);
    button.setAttribute("aria-expanded", String(on));
  };
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-expanded") === "false";
    open(on);
    keep(THEORY_KEY, on ? "open" : "shut");
  });
  open(kept(THEORY_KEY) !== "shut");
  // The header reaches over the drawer, which begins below it.
  const header = page.querySelector(".qv-header");
  const sized = new ResizeObserver(() => {
    const height = header.getBoundingClientRect().bottom - around.getBoundingClientRect().top;
    around.style.setProperty("--qv-header", `${height}px`);
  });
  sized.observe(header);
  return () => sized.disconnect();
}
