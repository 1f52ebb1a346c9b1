// Tells those who hear a page what a row of buttons is: a named group, of which one is down. ipywidgets draws it silently.

let groups = 0;

function name(row) {
  const [label, buttons] = [row.querySelector(".widget-label"), row.querySelector(":scope > div")];
  if (!label || !buttons) return;
  label.id ||= `qv-group-${++groups}`;
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-labelledby", label.id);
  for (const button of buttons.children) {
    const down = String(button.classList.contains("mod-active"));
    if (button.getAttribute("aria-pressed") !== down) button.setAttribute("aria-pressed", down);
  }
}

// Every row of a page, those that come later too.
function naming(page) {
  const known = new WeakSet();
  const change = new MutationObserver((records) => {
    for (const row of new Set(records.map(({ target }) => target.closest(".widget-toggle-buttons")))) if (row) name(row);
  });
  const look = () => {
    for (const row of page.querySelectorAll(".widget-toggle-buttons")) {
      if (known.has(row)) continue;
      known.add(row);
      name(row);
      change.observe(row, { subtree: true, childList: true, attributeFilter: ["class"] });
    }
  };
  // Most of what changes on a page is in the drawings of figures.
  const arrival = new MutationObserver((records) => {
    if (records.some(({ target }) => target instanceof HTMLElement)) look();
  });
  arrival.observe(page, { subtree: true, childList: true });
  look();
  return () => {
    arrival.disconnect();
    change.disconnect();
  };
}
