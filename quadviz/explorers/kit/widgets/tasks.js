// Links in a page's text that lead to a state of the page itself: they set it, and nothing is loaded anew.

function settingLinks(page, model) {
  const around = page.closest(".jp-Notebook") ?? document.body;
  const set = (event) => {
    const link = event.target.closest?.(".jp-MarkdownCell a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { pathname, searchParams } = new URL(link.href);
    // JupyterLab adds what it needs to fetch a file.
    searchParams.delete("_xsrf");
    if (!pathname.endsWith(`/${model.get("name")}.ipynb`) || !searchParams.size) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ kind: "set", query: searchParams.toString() });
  };
  around.addEventListener("click", set, true);
  return () => around.removeEventListener("click", set, true);
}
