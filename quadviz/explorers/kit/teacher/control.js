// The teacher: a list of families, an exponent where the family has one, and a place for levels of one's own.

let count = 0;

function render({ model, el }) {
  const id = `qv-law-${++count}`;
  const button = (label, title = "") => element("button", { type: "button", class: "qv-download", title }, label);
  const options = model.get("families").map(([name, label]) => element("option", { value: name }, label));
  const list = element("select", { id, title: "The law of the teacher's eigenvalues" }, ...options);
  const box = element("input", {
    type: "text", class: "qv-control-box", "aria-label": "exponent of the power law", maxlength: 24, autocomplete: "off",
    spellcheck: "false", title: "Eigenvalues fall off as (k − ½)^−exponent, k = 1 to 50; from 0 to below 0.5",
  });
  const power = element("label", { class: "qv-law-power" }, element("span", {}, "exponent"), box);
  const about = element("span", {});
  const open = button("Open CSV…", "Levels from a file: one a line, and a weight beside it if you like");
  const paste = button("Paste…", "Type or paste levels");
  const cancel = button("Cancel", "Leave the teacher as it is");
  const file = element("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain", hidden: "", "aria-label": "A file of levels" });
  const area = element("textarea", { rows: 4, spellcheck: "false", "aria-label": "Levels of the teacher", placeholder: "0 0 1 3\nor a level a line; 2,000 at most" });
  const take = button("Take", "Use these levels");
  const typed = element("div", { class: "qv-law-typed" }, area, take);
  const notes = element("p", {});
  const own = element("div", { class: "qv-law-own" }, element("p", { role: "status" }, about), element("div", {}, paste, open, cancel), file, typed, notes);
  const refusal = element("p", { role: "alert", class: "qv-control-message" });
  el.append(element("div", { class: "qv-law" }, element("label", { for: id, class: "qv-control-name" }, "Teacher"), list, power, own, refusal));

  // Levels were asked for that are not there yet: the teacher is still the one it was.
  let asked = false;
  const show = () => {
    const family = model.get("family");
    const levels = asked || family === "levels";
    list.value = levels ? "levels" : family;
    power.hidden = levels || family !== "power";
    box.value = model.get("exponent");
    own.hidden = !levels;
    about.textContent = family === "levels" ? model.get("about") : "Not used until some are taken.";
    notes.textContent = family === "levels" ? model.get("notes") : "";
    cancel.hidden = !asked;
    typed.hidden = !asked;
    paste.hidden = asked;
    refusal.textContent = model.get("refusal");
    refusal.hidden = !refusal.textContent;
  };
  const ask = (on) => {
    asked = on;
    show();
    if (on) area.focus();
  };

  list.addEventListener("change", () => {
    const had = model.get("about") !== "";
    if (list.value === "levels" && !had) return ask(true);
    asked = false;
    model.send({ kind: "family", name: list.value });
  });
  box.addEventListener("change", () => model.send({ kind: "exponent", text: box.value }));
  paste.addEventListener("click", () => ask(true));
  cancel.addEventListener("click", () => ask(false));
  take.addEventListener("click", () => model.send({ kind: "levels", text: area.value.slice(0, model.get("most") + 1) }));
  open.addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const told = { kind: "file", name: chosen.name, size: chosen.size };
    try {
      const data = chosen.size > model.get("most") ? [] : [await chosen.arrayBuffer()];
      model.send(told, undefined, data);
    } catch {
      refusal.textContent = "The file could not be read: open it once more.";
      refusal.hidden = false;
    }
    // Chosen once more, the same file is another change.
    file.value = "";
  });
  // A notebook would take single letters for its own shortcuts.
  el.addEventListener("keydown", (event) => event.stopPropagation());

  const names = "change:family change:exponent change:about change:notes change:refusal";
  const settled = (content) => {
    if (content.kind !== "settled") return;
    // What was taken is the teacher now; what was refused stays to be mended.
    if (!model.get("refusal")) asked = false;
    show();
  };
  model.on(names, show);
  model.on("msg:custom", settled);
  show();
  return () => {
    model.off(names, show);
    model.off("msg:custom", settled);
  };
}

export default { render };
