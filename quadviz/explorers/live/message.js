// Figures as they come from Python: the length of a text, the text, and all arrays as single-precision numbers.

function unpacked(view) {
  const length = view.getUint32(0, true);
  const begin = view.byteOffset + 4;
  const numbers = new Float32Array(view.buffer.slice(begin + length, view.byteOffset + view.byteLength));
  const known = new Map();
  const revive = (_, value) => {
    if (!value?.$) return value;
    const [first, ...shape] = value.$;
    const name = value.$.join();
    if (!known.has(name)) {
      const width = shape.at(-1);
      const row = (i) => numbers.subarray(first + i * width, first + (i + 1) * width);
      known.set(name, shape.length === 1 ? row(0) : Array.from({ length: shape[0] }, (_each, i) => row(i)));
    }
    return known.get(name);
  };
  return JSON.parse(new TextDecoder().decode(new Uint8Array(view.buffer, begin, length)), revive);
}

// A figure: traces by name, in an order, and a layout. Parts that did not change are the same objects as before.
function applied(figure, { traces = {}, anew = [], layout = {}, lists = {}, gone = [], order }) {
  const next = { traces: { ...figure?.traces }, layout: { ...figure?.layout, ...layout }, order: order ?? figure.order };
  for (const [uid, changed] of Object.entries(traces)) {
    next.traces[uid] = anew.includes(uid) ? changed : { ...next.traces[uid], ...changed };
  }
  for (const [key, changed] of Object.entries(lists)) {
    next.layout[key] = next.layout[key].map((each, i) => (changed[i] ? { ...each, ...changed[i] } : each));
  }
  for (const key of gone) delete next.layout[key];
  return next;
}

// Plotly changes what it is given: it gets copies.
function copied(part) {
  if (ArrayBuffer.isView(part)) return part.slice();
  if (Array.isArray(part)) return part.map(copied);
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, copied(value)]));
}

function forPlotly({ traces, order, layout }) {
  return { data: order.map((uid) => copied(traces[uid])), layout: copied(layout) };
}
