// The text of a dashboard, beside its figures where the window is wide: a drawer, which stays as it was left.

const THEORY_KEY = "quadviz-theory";

// A formula that is wider than its place scrolls: then it is reached by keys as well. Formulas are set when all else is there.
function reachable(drawer) {
  const known = new WeakSet();
  const look = () => {
    for (const formula of drawer.querySelectorAll('mjx-container[display="true"]')) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
      if (known.has(formula)) continue;
      known.add(formula);
      sized.observe(formula.firstElementChild);
    }
  };
  const sized = new ResizeObserver(look), set = new MutationObserver(look);
  sized.observe(drawer);
  set.observe(drawer, { subtree: true, childList: true });
  return () => {
    sized.disconnect();
    set.disconnect();
  };
}

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
  const ends = [() => sized.disconnect(), reachable(drawer)];
  return () => { for (const end of ends) end(); };
}
