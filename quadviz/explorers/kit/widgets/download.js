// A button that asks the kernel for a file and saves it.

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "qv-download";
  button.textContent = "↓ CSV";
  const show = () => {
    button.disabled = !model.get("ready");
    button.title = model.get("title");
    button.setAttribute("aria-label", model.get("title"));
  };
  // A page may be shown twice: the view that asks gets the file.
  const view = Math.random().toString(36).slice(2);
  const save = (content, buffers) => {
    if (content.kind !== "file" || content.view !== view) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([buffers[0]], { type: "text/csv" }));
    link.download = content.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  button.addEventListener("click", () => model.send({ kind: "wanted", view }));
  model.on("change:ready change:title", show);
  model.on("msg:custom", save);
  show();
  el.append(button);
  return () => {
    model.off("change:ready change:title", show);
    model.off("msg:custom", save);
  };
}

export default { render };
