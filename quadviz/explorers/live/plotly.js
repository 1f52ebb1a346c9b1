// plotly.js, one copy for a page: from where its server keeps it, or else through the kernel.

function run(address) {
  // A loader of modules (AMD) on the page would take plotly for itself.
  const { define } = window;
  const again = () => { window.define = define; };
  if (define) window.define = undefined;
  return new Promise((done, fail) => {
    const tag = document.createElement("script");
    Object.assign(tag, { src: address, onload: done, onerror: () => fail(new Error("plotly could not be loaded")) });
    document.head.append(tag);
  }).finally(again);
}

async function fetched(model) {
  // A dashboard's page loads it while it waits for its widgets.
  const early = await window.quadvizEarly;
  if (early) return early;
  const address = model.get("plotly");
  if (address) {
    await run(new URL(address, location.origin).href);
  } else {
    const source = await new Promise((done) => {
      const receive = (content, buffers) => {
        if (content.kind !== "plotly") return;
        model.off("msg:custom", receive);
        done(buffers[0]);
      };
      model.on("msg:custom", receive);
      model.send({ kind: "plotly" });
    });
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    await run(url);
    URL.revokeObjectURL(url);
  }
  return window.Plotly;
}

// A failure is not kept: the next figure tries again.
function plotlyFor(model) {
  window.quadvizPlotly ??= fetched(model).catch((error) => {
    window.quadvizPlotly = undefined;
    throw error;
  });
  return window.quadvizPlotly;
}
