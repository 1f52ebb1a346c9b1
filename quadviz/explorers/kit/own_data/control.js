// The row that takes a file of a reader's own measurements. What it shows is text, whoever wrote it.

let count = 0;

function render({ model, el }) {
  const id = `qv-own-${++count}`;
  const button = (label, title = "") => element("button", { type: "button", class: "qv-download", title }, label);
  const heading = element("span", { id, class: "qv-own-heading" }, "Your data");
  const file = element("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain", hidden: "", "aria-label": "A CSV file of your own data" });
  const open = button("", "Draw a CSV file of your own experiment over the theory; it stays in this page");
  const name = element("b", { class: "qv-own-name" });
  const about = element("span", {});
  const remove = button("Remove", "Take your data off the figures");
  const help = button("?", "What a file looks like");
  const lines = element("div", { id: `${id}-help`, class: "qv-own-help", hidden: "" });
  const differs = element("span", {});
  const set = button("");
  const choose = element("select", { "aria-label": "Set the page to a setting of the file" });
  const status = element("p", { role: "status" }, name, about);
  const apart = element("p", { role: "status", class: "qv-own-apart" }, differs, set, choose);
  const notes = element("p", { class: "qv-own-notes" });
  const refusal = element("p", { role: "alert", class: "qv-own-refusal" });
  help.setAttribute("aria-label", "What a file of your data looks like");
  help.setAttribute("aria-controls", lines.id);
  el.append(element("div", { class: "qv-own", role: "group", "aria-labelledby": id },
    element("div", { class: "qv-own-row" }, heading, open, remove, help, status), file, refusal, apart, notes, lines));

  const unfold = (on) => {
    lines.hidden = !on;
    help.setAttribute("aria-expanded", String(on));
  };
  const show = () => {
    const [called, offers] = [model.get("name"), model.get("offers")];
    name.textContent = called;
    about.textContent = called ? model.get("about") : "drawn over the theory; it stays in this page";
    open.textContent = called ? "Replace…" : "Open CSV…";
    remove.hidden = !called;
    notes.textContent = model.get("notes");
    differs.textContent = model.get("differs");
    set.textContent = offers[0] ?? "";
    set.hidden = offers.length !== 1;
    choose.hidden = offers.length < 2;
    const items = ["Set the page to…", ...offers].map((words, i) => element("option", { value: i - 1 }, words));
    choose.replaceChildren(...items);
    refusal.textContent = model.get("refusal");
    lines.replaceChildren(...model.get("help_lines").map((line) => element("p", {}, line)));
    apart.hidden = !differs.textContent;
    for (const each of [notes, refusal]) each.hidden = !each.textContent;
  };

  open.addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    // Chosen once more, the same file is another change.
    const done = () => { file.value = ""; };
    if (!chosen) return;
    const told = { kind: "file", name: chosen.name, size: chosen.size };
    if (chosen.size > model.get("most")) {
      model.send(told);
      done();
      return;
    }
    about.textContent = " reading…";
    try {
      model.send(told, undefined, [await chosen.arrayBuffer()]);
    } catch {
      // It was moved, or changed, since it was chosen.
      show();
      refusal.textContent = "The file could not be read: open it once more.";
      refusal.hidden = false;
    }
    done();
  });
  remove.addEventListener("click", () => {
    model.send({ kind: "remove" });
    open.focus();
  });
  set.addEventListener("click", () => model.send({ kind: "go", number: 0 }));
  choose.addEventListener("change", () => model.send({ kind: "go", number: Number(choose.value) }));
  help.addEventListener("click", () => unfold(lines.hidden));
  // A notebook would take single letters for its own shortcuts.
  el.addEventListener("keydown", (event) => event.stopPropagation());

  const names = "change:name change:about change:notes change:differs change:offers change:refusal";
  // Where nothing has changed, as by a file refused for the same reason, there is an answer all the same.
  const receive = (content) => content.kind === "taken" && show();
  model.on(names, show);
  model.on("msg:custom", receive);
  unfold(false);
  show();
  return () => {
    model.off(names, show);
    model.off("msg:custom", receive);
  };
}

export default { render };
