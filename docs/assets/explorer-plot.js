// A plot of functions as SVG: axes, grid, curves, and a line where values are read.
"use strict";
function spikegradPlot(figure, onpoint) {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const LEFT = 56, RIGHT = 12, TOP = 18, BOTTOM = 40;
  // How many times a pixel a function is computed, so that no needle falls between two of them.
  const OFTEN = 8;
  // On a logarithmic axis: the share of the reach that stays linear around the threshold, and how
  // many powers of ten below the highest value are shown at most.
  const MIDDLE = 1e-3, DECADES = 8;

  function node(tag, attributes, text) {
    const made = document.createElementNS(NAMESPACE, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const label = v => String(v).replace("-", "−");

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

  // Powers of ten between two numbers above 0, about `count` of them.
  function decades(low, high, count) {
    const from = Math.ceil(Math.log10(low) - 1e-9), to = Math.floor(Math.log10(high) + 1e-9);
    const step = Math.max(1, Math.ceil((to - from + 1) / count)), found = [];
    for (let k = to; k >= from; k -= step) found.push(Number(`1e${k}`));
    return found;
  }

  // ---- scales: from values to shares of the axis, and back

  function acrossScale(kind, reach) {
    if (kind === "linear") return { to: v => v / reach, from: t => t * reach, ticks: count => ticks(-reach, reach, count) };
    const middle = MIDDLE * reach, all = Math.asinh(1 / MIDDLE);
    return {
      to: v => Math.asinh(v / middle) / all,
      from: t => Math.sinh(t * all) * middle,
      ticks(count) {
        const right = decades(5 * middle, reach, count / 2);
        return [...right.map(v => -v), 0, ...right];
      },
    };
  }

  // The values that the axis has to show: of what grows without bound, those near the threshold.
  function heightScale(kind, curves) {
    let low = 0, high = 0, least = Infinity;
    for (const { ys, bounded, at0 } of curves) {
      const most = bounded ? Infinity : 20 * Math.abs(at0);
      for (const v of ys) {
        if (!Number.isFinite(v)) continue;
        low = Math.min(low, Math.max(v, -most));
        high = Math.max(high, Math.min(v, most));
        if (v > 0) least = Math.min(least, v);
      }
    }
    if (kind === "logarithmic" && high > 0) {
      const top = Math.log10(high) + 0.1;
      const bottom = Math.floor(Math.max(Math.min(Math.log10(least), top - 1), top - DECADES));
      return {
        to: v => v > 0 ? (Math.log10(v) - bottom) / (top - bottom) : NaN,
        ticks: count => decades(10 ** bottom, high, count),
        zero: null,
      };
    }
    if (low === high) high = low + 1;
    const margin = 0.05 * (high - low);
    low -= low < 0 ? margin : 0;
    high += high > 0 ? margin : 0;
    return { to: v => (v - low) / (high - low), ticks: count => ticks(low, high, count), zero: 0 };
  }

  // The points of one column of pixels that matter: the first, the lowest and the highest.
  function telling(x, y, start, height, to) {
    let lowest = start, highest = start;
    for (let i = start; i < Math.min(start + OFTEN, x.length); i++) {
      if (y[i] < y[lowest]) lowest = i;
      if (y[i] > y[highest]) highest = i;
    }
    const flat = Math.abs(to(y[highest]) - to(y[lowest])) * height < 1;
    return flat ? [start] : [...new Set([start, ...[lowest, highest].sort((a, b) => a - b)])];
  }

  let pointer = null, where = null, at = null;

  // look: reach, across and height (kinds of scale), label, words, share (where values are read, or
  // null); a curve: name, color, dash, f, bounded.
  function draw(look, curves) {
    const width = Math.max(figure.clientWidth, 280);
    const height = Math.round(Math.min(Math.max(0.5 * width, 240), 420));
    const inner = { width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
    const across = acrossScale(look.across, look.reach);
    const count = OFTEN * Math.round(inner.width / 2);
    const x = Array.from({ length: 2 * count + 1 }, (_, i) => across.from((i - count) / count));
    const computed = curves.map(c => ({ ...c, ys: x.map(c.f), at0: c.f(0) }));
    const upwards = heightScale(look.height, computed);
    const atX = v => LEFT + (across.to(v) + 1) / 2 * inner.width;
    const atY = v => TOP + (1 - Math.min(Math.max(upwards.to(v), -1e3), 1e3)) * inner.height;
    const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": look.words });

    const line = (name, x1, x2, y1, y2) => svg.append(node("line", { class: name, x1, x2, y1, y2 }));
    const floor = height - BOTTOM;
    for (const v of across.ticks(width / 90)) {
      line("sg-grid", atX(v), atX(v), TOP, floor);
      svg.append(node("text", { x: atX(v), y: floor + 16, "text-anchor": "middle" }, label(v)));
    }
    for (const v of upwards.ticks(height / 60)) {
      line("sg-grid", LEFT, width - RIGHT, atY(v), atY(v));
      svg.append(node("text", { x: LEFT - 6, y: atY(v) + 4, "text-anchor": "end" }, label(v)));
    }
    if (upwards.zero !== null) line("sg-axis", LEFT, width - RIGHT, atY(0), atY(0));
    line("sg-axis", atX(0), atX(0), TOP, floor);
    svg.append(node("text", { x: LEFT + inner.width / 2, y: height - 6, "text-anchor": "middle" },
      "x = membrane potential − threshold"));
    svg.append(node("text", { x: 4, y: 10 }, look.label));

    const clip = node("clipPath", { id: "sg-inside" });
    clip.append(node("rect", { x: LEFT, y: TOP - 2, width: inner.width, height: inner.height + 4 }));
    svg.append(clip);
    for (const { name, color, dash, ys } of computed) {
      let d = "", broken = true;
      for (let start = 0; start < x.length; start += OFTEN) {
        for (const i of telling(x, ys, start, inner.height, upwards.to)) {
          const y = atY(ys[i]);
          if (!Number.isNaN(y)) d += `${broken ? "M" : "L"}${atX(x[i]).toFixed(2)} ${y.toFixed(2)}`;
          broken = Number.isNaN(y);
        }
      }
      svg.append(node("path", {
        class: "sg-curve", "data-name": name, d, stroke: color, "stroke-dasharray": dash, "clip-path": "url(#sg-inside)",
      }));
    }

    pointer = node("line", { class: "sg-pointer", y1: TOP, y2: floor, visibility: "hidden" });
    svg.append(pointer);
    const move = event => {
      const box = svg.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width * width - LEFT) / inner.width * 2 - 1;
      if (Math.abs(share) <= 1) point(share);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerdown", move);
    figure.replaceChildren(svg);
    at = share => across.from(share);
    where = v => atX(v);
    if (look.share !== null) point(look.share);
  }

  // Read the values at a share of the axis, from -1 to 1.
  function point(share) {
    const v = at(share), x = where(v);
    pointer.setAttribute("visibility", "visible");
    pointer.setAttribute("x1", x);
    pointer.setAttribute("x2", x);
    onpoint(v, share);
  }

  return { draw, point };
}
