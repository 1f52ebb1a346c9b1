// Tells the kernel where a figure was clicked, in the units of its axes: on the plane and on the margins
// around it, of which plotly itself says nothing.

const STILL = 6; // pixels a pointer may stray in a click

function render({ model, el }) {
  el.style.display = "none";
  let down = null;
  let host = null;

  const press = (event) => {
    const idle = event.button !== 0 || !event.target.closest(".js-plotly-plot");
    down = idle ? null : [event.clientX, event.clientY];
  };
  const letGo = (event) => {
    const start = down;
    down = null;
    if (!start || Math.hypot(event.clientX - start[0], event.clientY - start[1]) > STILL) return;
    const figure = host.querySelector(".js-plotly-plot");
    const { xaxis, yaxis } = figure?._fullLayout ?? {};
    if (!xaxis) return;
    const frame = figure.getBoundingClientRect();
    const zoom = figure.currentCSSZoom ?? 1;
    model.send({
      kind: "click",
      x: xaxis.p2d((event.clientX - frame.left) / zoom - xaxis._offset),
      y: yaxis.p2d((event.clientY - frame.top) / zoom - yaxis._offset),
    });
  };
  const giveUp = () => { down = null; };

  const attach = requestAnimationFrame(() => {
    host = el.closest(".qv-clicked");
    host?.addEventListener("pointerdown", press, true);
    addEventListener("pointerup", letGo, true);
    addEventListener("pointercancel", giveUp, true);
  });
  return () => {
    cancelAnimationFrame(attach);
    host?.removeEventListener("pointerdown", press, true);
    removeEventListener("pointerup", letGo, true);
    removeEventListener("pointercancel", giveUp, true);
  };
}

export default { render };
