// One parameter: a slider, a box to type the value in, a reset button, and a place for a refusal.

let count = 0;

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const id = `qv-control-${++count}`;
  const [name, symbol, label, meaning] = ["name", "symbol", "label", "meaning"].map((key) => model.get(key));
  const title = element(
    "label",
    { for: `${id}-slider`, class: "qv-control-name", title: meaning },
    element("b", {}, symbol),
    ` ${label}`,
  );
  const box = element("input", {
    type: "text", class: "qv-control-box", "data-name": name, inputmode: "decimal", autocomplete: "off",
    spellcheck: "false", "aria-label": `${label} ${symbol}, value`, "aria-describedby": `${id}-message`,
    title: "Type a value and press Enter",
  });
  const reset = element(
    "button",
    { type: "button", class: "qv-control-reset", "aria-label": `Reset ${label} to ${model.get("default")}`,
      title: `Back to ${model.get("default")}` },
    "↺",
  );
  const slider = element("input", {
    type: "range", id: `${id}-slider`, class: "qv-control-slider", "data-name": name, min: 0, step: 1,
    title: `${meaning} Arrow keys step, double-click resets.`, "aria-label": `${label} ${symbol}`,
  });
  const message = element("p", { id: `${id}-message`, class: "qv-control-message", role: "alert" });
  const root = element("div", { class: "qv-control" }, title, box, reset, slider, message);

  const show = () => {
    slider.max = model.get("stops");
    slider.value = model.get("position");
    slider.style.setProperty("--qv-fill", model.get("position") / model.get("stops"));
    slider.setAttribute("aria-valuetext", model.get("text"));
  };
  const showText = () => {
    box.value = model.get("text");
    slider.setAttribute("aria-valuetext", model.get("text"));
  };
  const showMessage = () => {
    message.textContent = model.get("message");
    box.setAttribute("aria-invalid", String(model.get("message") !== ""));
  };

  const type = () => {
    if (box.value.trim() !== model.get("text")) model.send({ kind: "typed", text: box.value });
  };
  const goBack = () => model.send({ kind: "reset" });

  slider.addEventListener("input", () => {
    model.set("position", slider.valueAsNumber);
    model.save_changes();
    slider.style.setProperty("--qv-fill", slider.valueAsNumber / model.get("stops"));
  });
  slider.addEventListener("dblclick", goBack);
  reset.addEventListener("click", goBack);
  box.addEventListener("change", type);
  box.addEventListener("focus", () => box.select());
  // A notebook would take single letters for its own shortcuts.
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") showText();
  });

  model.on("change:position change:stops", show);
  model.on("change:text", showText);
  model.on("change:message", showMessage);
  model.on("msg:custom", (content) => {
    if (content.kind === "settled") showText();
  });
  show();
  showText();
  showMessage();
  el.append(root);
}

export default { render };
