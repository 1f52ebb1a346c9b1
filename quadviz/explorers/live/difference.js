// What may move in a figure without plotly, and whether two figures differ in nothing else.

const EVERY = Symbol("every");
const PAINT = { color: true };
// What may move in a trace of lines or points, in a layout, and on an axis whose ticks are told.
const TRACE = {
  x: true, y: true, text: true, name: true, hoverinfo: true, hovertemplate: true, customdata: true, fillcolor: true,
  line: { color: true, width: true, dash: true },
  marker: { color: true, line: PAINT },
  error_y: { array: true, color: true },
};
const LAYOUT = {
  annotations: {
    [EVERY]: { x: true, y: true, xanchor: true, xshift: true, text: true, visible: true, opacity: true, font: PAINT },
  },
  shapes: { [EVERY]: { x0: true, x1: true, y0: true, y1: true, visible: true, line: PAINT } },
};
const AXIS = { range: true, tickvals: true, ticktext: true };
const ISAXIS = /^[xy]axis\d*$/;
const MODES = ["lines", "markers", "lines+markers"];

// Whether two parts are the same but for what may move.
function alike(one, other, moves) {
  if (one === other || moves === true) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return Object.is(one, other);
  if (ArrayBuffer.isView(one) || Array.isArray(one)) {
    if (one.length !== other.length) return false;
    for (let i = 0; i < one.length; i += 1) if (!alike(one[i], other[i], moves?.[EVERY])) return false;
    return true;
  }
  for (const key of Object.keys({ ...one, ...other })) if (!alike(one[key], other[key], moves?.[key])) return false;
  return true;
}

const direct = (trace) => trace.type === "scatter" && MODES.includes(trace.mode) && ["tozeroy", "toself", "none", undefined].includes(trace.fill);
const listed = (dash) => dash === undefined || dash === "solid" || dash.includes("px");

function traceAlike(one, other) {
  if (one === other) return true;
  if (!direct(one)) return alike(one, other);
  const dashes = one.line?.dash === other.line?.dash || (listed(one.line?.dash) && listed(other.line?.dash));
  return dashes && alike(one, other, TRACE);
}

function layoutAlike(one, other) {
  return Object.keys({ ...one, ...other }).every((key) => {
    const told = ISAXIS.test(key) && one[key]?.tickmode === "array" && other[key]?.tickmode === "array";
    // A title beside an axis stands clear of its ticks, however wide they are.
    const beside = key[0] === "y" && one[key]?.title?.text && !alike(one[key].ticktext, other[key]?.ticktext);
    return alike(one[key], other[key], told && !beside ? AXIS : LAYOUT[key]);
  });
}

// The first part in which plotly has to draw a figure anew; none where all that differs may move.
function difference(drawn, next) {
  if (drawn.order.length !== next.order.length || drawn.order.some((uid, i) => uid !== next.order[i])) return "traces";
  const trace = next.order.find((uid) => !traceAlike(drawn.traces[uid], next.traces[uid]));
  return trace ?? (layoutAlike(drawn.layout, next.layout) ? undefined : "layout");
}
