// The front page: thumbnails that move while they are pointed at, buttons that copy, links where they lead nowhere.

const SWING = 5000; // ms from end to end and back
const RETURN = 500;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const touch = matchMedia("(hover: none)");

// What of a picture moves: elements with the values of an attribute, or their words, at each moment.
function tracks(svg) {
  const found = [];
  for (const node of svg.querySelectorAll("*")) {
    for (const { name, value } of [...node.attributes]) {
      if (!name.startsWith("data-")) continue;
      const moments = value.split("|");
      const attribute = name.slice(5);
      if (attribute === "text") found.push({ moments: moments.length, show: (u) => { node.textContent = moments[Math.round(u)]; } });
      else {
        // A number, or a path: "M", numbers, and maybe "Z".
        const [, start, end] = value.match(/^(M?).*?(Z?)$/);
        const numbers = moments.map((text) => text.replace(/[MZ]/g, "").split(" ").map(Number));
        found.push({
          moments: moments.length,
          show: (u) => {
            const before = Math.min(Math.floor(u), moments.length - 2);
            const share = u - before;
            const [from, to] = [numbers[before], numbers[before + 1]];
            const between = from.map((x, i) => (x + share * (to[i] - x)).toFixed(2));
            node.setAttribute(attribute, `${start}${between.join(" ")}${end}`);
          },
        });
      }
    }
  }
  return found;
}

// A picture's slider: it swings from where it rests, and comes back there.
function film(svg) {
  const moving = tracks(svg);
  const last = moving.length ? moving[0].moments - 1 : 0;
  const rest = Number(svg.dataset.rest);
  let at = rest;
  let running = 0;
  const show = (u) => {
    at = u;
    for (const track of moving) track.show(u);
  };
  const run = (place, until = Infinity) => {
    cancelAnimationFrame(running);
    if (!last || still.matches) return;
    let begun;
    const step = (now) => {
      begun ??= now;
      const passed = Math.min(now - begun, until);
      show(place(passed));
      if (passed < until) running = requestAnimationFrame(step);
    };
    running = requestAnimationFrame(step);
  };
  return {
    play(until) {
      const phase = Math.acos(Math.max(-1, Math.min(1, 1 - (2 * at) / last)));
      run((passed) => (last / 2) * (1 - Math.cos(phase + (2 * Math.PI * passed) / SWING)), until);
    },
    stop() {
      const from = at;
      run((passed) => from + (rest - from) * (1 - (1 - passed / RETURN) ** 2), RETURN);
    },
  };
}

async function copy(button) {
  const entry = button.parentElement.querySelector("pre");
  const done = await copied(entry.textContent);
  // The text stays selected should both ways fail.
  if (!done) getSelection().selectAllChildren(entry);
  const words = button.dataset.words ?? (button.dataset.words = button.textContent);
  button.textContent = done ? "Copied ✓" : "Press Ctrl+C";
  setTimeout(() => { button.textContent = words; }, 2000);
}

// JupyterLab opens notebooks by links in text alone: the text below this page has one to each.
function openInLab(link) {
  const file = (each) => new URL(each.href, location).pathname.split("/").pop();
  const same = [...document.querySelectorAll(".jp-MarkdownOutput a[href]")].find((each) => file(each) === file(link));
  same?.click();
}

function bring(page, signal) {
  const films = new Map();
  const of = (card) => {
    const svg = card.querySelector("svg.qv-thumbnail[data-rest]");
    if (!svg) return null;
    if (!films.has(svg)) films.set(svg, film(svg));
    return films.get(svg);
  };
  const card = (event) => (event.target instanceof Element && event.target.matches(".qv-tile") ? event.target : null);
  const on = (type, listener) => page.addEventListener(type, listener, { capture: true, signal });
  on("pointerenter", (event) => { if (event.pointerType !== "touch" && card(event)) of(card(event))?.play(); });
  on("pointerleave", (event) => { if (event.pointerType !== "touch" && card(event)) of(card(event))?.stop(); });
  on("focusin", (event) => { if (card(event)?.matches(":focus-visible")) of(card(event))?.play(); });
  on("focusout", (event) => { if (card(event)) of(card(event))?.stop(); });
  on("click", (event) => {
    const button = event.target.closest("button.qv-copy");
    if (button) copy(button);
    const link = event.target.closest(".qv-gallery a[href]");
    if (link && !("voila" in document.body.dataset) && !link.target) {
      event.preventDefault();
      openInLab(link);
    }
  });
  if (!touch.matches) return;
  // Nothing points at a card on a phone: each swings once when it comes into sight.
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      of(target)?.play(SWING);
    }
  }, { threshold: 0.9 });
  for (const each of page.querySelectorAll(".qv-tile")) watcher.observe(each);
  signal.addEventListener("abort", () => watcher.disconnect());
}

function render({ el }) {
  el.style.display = "none";
  const left = new AbortController();
  // The cards are another widget's, which may come later.
  const look = () => {
    if (left.signal.aborted) return;
    const page = el.closest(".qv-page");
    if (page?.querySelector(".qv-tile")) bring(page, left.signal);
    else requestAnimationFrame(look);
  };
  look();
  return () => left.abort();
}

export default { render };
