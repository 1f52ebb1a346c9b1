// Plays a run: shows its moments on stages over the figures of the page, and moves the slider along.

const CONTROLS = "input, button, select, textarea, a";

// A run on its way: what it is made of, and where it is.
class Performance {
  constructor(page, run, buffers) {
    const arrays = buffers.map((view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)));
    Object.assign(this, { page, run, count: run.positions.length, moment: -1 });
    this.cast = new Cast(page, run.panels, arrays, run.ticket);
    this.slider = page.querySelector(`.qv-control-slider[data-name="${run.parameter}"]`);
    this.box = page.querySelector(`.qv-control-box[data-name="${run.parameter}"]`);
    this.told = {};
    page.classList.add("qv-playing");
  }

  show(moment) {
    if (moment === this.moment) return;
    this.moment = moment;
    this.cast.draw(moment);
    this.slider.value = this.run.positions[moment];
    this.slider.style.setProperty("--qv-fill", this.run.positions[moment] / this.slider.max);
    this.box.value = this.run.texts[moment];
    for (const [name, { every, html }] of Object.entries(this.run.regions)) {
      const index = Math.floor(moment / every);
      if (this.told[name] === index) continue;
      this.told[name] = index;
      const region = this.page.querySelector(`.${name} .widget-html-content`);
      if (region) region.innerHTML = html[index];
    }
  }

  remove() {
    this.cast.remove();
    this.page.classList.remove("qv-playing");
  }
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "qv-play";
  el.append(button);

  let ticket = null; // of the run asked for or played
  let show = null; // the run on the stage
  let tick = 0;
  let count = 0;
  const name = Math.random().toString(36).slice(2);

  const face = () => {
    button.textContent = ticket === null ? "▶ Play" : "❚❚ Pause";
    button.title = model.get("title");
    button.setAttribute("aria-label", `${ticket === null ? "Play" : "Pause"}: ${model.get("title")}`);
  };
  const clear = () => {
    show?.remove();
    show = null;
  };
  const begin = () => {
    count += 1;
    ticket = `${name}-${count}`;
    face();
    model.send({ kind: "play", ticket });
  };
  // The last picture stays until the kernel has drawn the figures at that very place.
  const stop = () => {
    if (ticket === null) return;
    cancelAnimationFrame(tick);
    model.send({ kind: "stopped", ticket, moment: show?.run.ticket === ticket ? show.moment : null });
    ticket = null;
    face();
  };
  const play = (run, buffers) => {
    clear();
    show = new Performance(el.closest(".qv-page"), run, buffers);
    const pace = (1000 * run.seconds) / show.count;
    let start = null;
    const next = (now) => {
      start ??= now - run.start * pace;
      const moment = Math.min(Math.floor((now - start) / pace), show.count - 1);
      show.show(moment);
      if (moment === show.count - 1) stop();
      else tick = requestAnimationFrame(next);
    };
    tick = requestAnimationFrame(next);
  };

  const receive = (content, buffers) => {
    if (content.kind === "halt") stop();
    else if (content.kind === "run" && content.ticket === ticket) play(content, buffers);
    else if (content.kind === "refused" && content.ticket === ticket) {
      ticket = null;
      face();
      clear();
    } else if (content.kind === "arrived" && ticket === null) {
      const finished = show;
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (show === finished && ticket === null) clear();
      }));
    }
  };
  // Whoever takes hold of another control wants to see what that does: first the kernel is told where we are.
  const interrupt = (event) => {
    const control = event.target.closest?.(CONTROLS);
    if (ticket === null || !control || el.contains(control)) return;
    if (el.closest(".qv-page")?.contains(control)) stop();
  };
  const events = ["focusin", "pointerdown", "click", "input", "change", "dblclick"];
  for (const event of events) document.addEventListener(event, interrupt, true);
  button.addEventListener("click", () => (ticket === null ? begin() : stop()));
  model.on("msg:custom", receive);
  model.on("change:title", face);
  face();

  return () => {
    cancelAnimationFrame(tick);
    clear();
    for (const event of events) document.removeEventListener(event, interrupt, true);
    model.off("msg:custom", receive);
    model.off("change:title", face);
  };
}

export default { render };
