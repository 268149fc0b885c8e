// A plot of functions as SVG: axes, grid, curves, and a line where the pointer is.
"use strict";
function spikegradPlot(figure, onpoint) {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const LEFT = 52, RIGHT = 12, TOP = 14, BOTTOM = 40;

  function node(tag, attributes, text) {
    const made = document.createElementNS(NAMESPACE, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Round numbers between two others, about `count` of them.
  function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough);
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-12); k++) {
      found.push(Number((k * step).toPrecision(12)));
    }
    return found;
  }

  // One point a pixel, and more of them towards the threshold, where shapes are sharp.
  function points(reach, width) {
    const x = [0];
    for (let k = 1; k <= width / 2; k++) x.push(k / (width / 2) * reach);
    for (let k = 1; k <= 24; k++) x.push(reach * 2 ** -k, reach * 3 * 2 ** (-k - 1));
    return [...x.slice(1).map(v => -v), ...x].sort((a, b) => a - b);
  }

  // The values that the axis has to show: of what grows without bound, those near the threshold.
  function shownRange(curves, x) {
    let low = 0, high = 0;
    for (const { f, bounded } of curves) {
      const most = bounded ? Infinity : 20 * Math.abs(f(0));
      for (const v of x.map(f)) {
        if (!Number.isFinite(v)) continue;
        low = Math.min(low, Math.max(v, -most));
        high = Math.max(high, Math.min(v, most));
      }
    }
    if (low === high) high = low + 1;
    const margin = 0.05 * (high - low);
    return [low < 0 ? low - margin : 0, high > 0 ? high + margin : 0];
  }

  let pointer = null, width = 0;

  function draw(reach, label, curves) {
    width = Math.max(figure.clientWidth, 280);
    const height = Math.round(Math.min(Math.max(0.5 * width, 240), 420));
    const x = points(reach, width - LEFT - RIGHT);
    const [low, high] = shownRange(curves, x);
    const atX = v => LEFT + (v + reach) / (2 * reach) * (width - LEFT - RIGHT);
    const atY = v => TOP + (high - Math.min(Math.max(v, low - 1e3 * (high - low)), high + 1e3 * (high - low)))
      / (high - low) * (height - TOP - BOTTOM);
    const svg = node("svg", {
      viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-label": `The ${label} of ${curves.map(c => c.name).join(", ") || "nothing"}`,
    });

    for (const v of ticks(-reach, reach, width / 90)) {
      svg.append(node("line", { class: "sg-grid", x1: atX(v), x2: atX(v), y1: TOP, y2: height - BOTTOM }));
      svg.append(node("text", { x: atX(v), y: height - BOTTOM + 16, "text-anchor": "middle" }, v));
    }
    for (const v of ticks(low, high, height / 60)) {
      svg.append(node("line", { class: "sg-grid", x1: LEFT, x2: width - RIGHT, y1: atY(v), y2: atY(v) }));
      svg.append(node("text", { x: LEFT - 6, y: atY(v) + 4, "text-anchor": "end" }, v));
    }
    svg.append(node("line", { class: "sg-axis", x1: LEFT, x2: width - RIGHT, y1: atY(0), y2: atY(0) }));
    svg.append(node("line", { class: "sg-axis", x1: atX(0), x2: atX(0), y1: TOP, y2: height - BOTTOM }));
    svg.append(node("text", { x: (LEFT + width - RIGHT) / 2, y: height - 6, "text-anchor": "middle" },
      "x = membrane potential − threshold"));
    svg.append(node("text", { x: 4, y: 10 }, label));

    const clip = node("clipPath", { id: "sg-inside" });
    clip.append(node("rect", { x: LEFT, y: TOP - 2, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM + 4 }));
    svg.append(clip);
    for (const { name, color, f } of curves) {
      const d = x.map(v => [v, f(v)]).filter(([, y]) => !Number.isNaN(y))
        .map(([v, y], i) => `${i ? "L" : "M"}${atX(v).toFixed(2)} ${atY(y).toFixed(2)}`).join("");
      svg.append(node("path", { class: "sg-curve", "data-name": name, d, stroke: color, "clip-path": "url(#sg-inside)" }));
    }

    pointer = node("line", { class: "sg-pointer", y1: TOP, y2: height - BOTTOM, visibility: "hidden" });
    svg.append(pointer);
    const move = event => {
      const box = svg.getBoundingClientRect();
      const v = ((event.clientX - box.left) / box.width * width - LEFT) / (width - LEFT - RIGHT) * 2 * reach - reach;
      const inside = Math.abs(v) <= reach;
      pointer.setAttribute("visibility", inside ? "visible" : "hidden");
      if (inside) { pointer.setAttribute("x1", atX(v)); pointer.setAttribute("x2", atX(v)); }
      onpoint(inside ? v : null);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerdown", move);
    svg.addEventListener("pointerleave", () => { pointer.setAttribute("visibility", "hidden"); onpoint(null); });
    figure.replaceChildren(svg);
  }

  return { draw };
}
