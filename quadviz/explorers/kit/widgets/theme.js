// Tells the kernel whether the page behind the widget is dark, and keeps telling when that changes.

function backgroundIsDark(element) {
  for (let node = element; node; node = node.parentElement) {
    const channels = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    const [red, green, blue, opacity = 1] = channels;
    if (channels.length >= 3 && opacity > 0.5) {
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
    }
  }
  return false;
}

function render({ model, el }) {
  el.style.display = "none";
  const tell = () => {
    const dark = backgroundIsDark(el.parentElement);
    if (dark !== model.get("dark")) {
      model.set("dark", dark);
      model.save_changes();
    }
  };
  const soon = () => setTimeout(tell, 50);
  const observer = new MutationObserver(soon);
  for (const node of [document.documentElement, document.body, document.head]) {
    observer.observe(node, { attributes: true, childList: node === document.head });
  }
  // A theme may be put on before its style sheet has come.
  document.head.addEventListener("load", soon, true);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", soon);
  requestAnimationFrame(tell);
  setTimeout(tell, 500);
  return () => {
    observer.disconnect();
    document.head.removeEventListener("load", soon, true);
    scheme.removeEventListener("change", soon);
  };
}

export default { render };
