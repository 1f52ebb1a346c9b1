// Plotly's widget, kept to its size and without its reports.

async function quadvizFigure(plotly) {
  const { default: widget, FigureView } = await plotly;
  // After every update it would report the defaults of all traces to Python, where nobody reads them: for a browser
  // that is a quarter of the work.
  Object.assign(FigureView?.prototype ?? {}, { _sendTraceDeltas() {}, _sendLayoutDelta() {} });
  const { initialize, render } = widget();

  const sized = (context) => {
    const { model, el } = context;
    // Plotly drops the height it was given when a window is resized, and takes that of its place; which grows with the
    // figure in it, and never shrinks again.
    const { height } = model.get("_widget_layout");
    if (height) el.style.height = `${height}px`;
    // A place may change its width without the window, or some time after it; plotly listens to the window alone.
    const observer = new ResizeObserver(() => {
      const drawn = el._fullLayout?.width;
      if (drawn && el.clientWidth && Math.abs(el.clientWidth - drawn) > 1) dispatchEvent(new Event("resize"));
    });
    observer.observe(el);
    const stop = render(context);
    return () => {
      observer.disconnect();
      stop?.();
    };
  };
  return { initialize, render: sized };
}
