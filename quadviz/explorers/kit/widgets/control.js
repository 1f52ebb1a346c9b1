// One parameter: a slider, a box to type the value in, a reset button, and a place for a refusal.

let count = 0;

function render({ model, el }) {
  const id = `qv-control-${++count}`;
  const [name, symbol, label, meaning] = ["name", "symbol", "label", "meaning"].map((key) => model.get(key));
  const title = element(
    "label",
    { for: `${id}-slider`, class: "qv-control-name", title: meaning },
    element("b", {}, symbol),
    element("span", {}, label),
  );
  const box = element("input", {
    type: "text", class: "qv-control-box", "data-name": name, inputmode: "text", autocomplete: "off",
    spellcheck: "false", maxlength: 24, "aria-label": `${label} ${symbol}, value`,
    "aria-describedby": `${id}-message`, title: "Type a value and press Enter",
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

  // While the thumb is held it obeys the hand alone: an answer to an earlier move must not pull it back.
  let held = false;
  const fill = (position) => slider.style.setProperty("--qv-fill", position / model.get("stops"));
  const show = () => {
    if (held) return;
    slider.max = model.get("stops");
    slider.value = model.get("position");
    fill(model.get("position"));
  };
  const release = () => {
    if (!held) return;
    held = false;
    show();
  };
  const showText = () => {
    const given = model.get("given");
    box.value = given || model.get("text");
    for (const each of [box, slider, reset]) each.disabled = given !== "";
    slider.setAttribute("aria-valuetext", box.value);
  };
  const showMessage = () => {
    message.textContent = model.get("message");
    box.setAttribute("aria-invalid", String(model.get("message") !== ""));
  };
  const goBack = () => {
    held = false;
    model.send({ kind: "reset" });
  };

  slider.addEventListener("pointerdown", () => { held = true; });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) slider.addEventListener(end, release);
  slider.addEventListener("input", () => {
    model.set("position", slider.valueAsNumber);
    model.save_changes();
    fill(slider.valueAsNumber);
  });
  slider.addEventListener("dblclick", goBack);
  reset.addEventListener("click", goBack);
  box.addEventListener("change", () => model.send({ kind: "typed", text: box.value }));
  box.addEventListener("input", () => {
    if (model.get("message")) model.send({ kind: "typing" });
  });
  box.addEventListener("focus", () => box.select());
  // A notebook would take single letters for its own shortcuts.
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") showText();
  });
  slider.addEventListener("keydown", (event) => event.stopPropagation());

  model.on("change:position change:stops", show);
  model.on("change:text change:given", showText);
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
