// The interactive page: shapes over each other, sliders for their parameters, a line of Python.
// What is computed comes from surrogates.js, which the build derives from the library.
"use strict";
(() => {
  const root = document.getElementById("spikegrad-explorer");
  if (!root) return;

  const COLORS = ["#3a86d1", "#dd6216", "#1a9c74", "#c55a9b", "#a8810a", "#8069d8", "#c0392b", "#7f7f7f"];
  const START = "Sigmoid,Arctan,PiecewiseQuadratic";
  const state = { method: "gradient", normalise: "none", reach: 2, curves: [] };
  let counter = 0;

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children);
    return made;
  }

  // ---- numbers as a reader, and as Python, writes them

  const shown = value => Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);

  function python(value, integer = false) {
    if (value === null) return "None";
    if (!Number.isFinite(value)) return `float("${value < 0 ? "-" : ""}inf")`;
    return Number.isInteger(value) && !integer && !String(value).includes("e")
      ? value + ".0" : String(value);
  }

  function specialName(value) {
    return value === null ? "None" : value < 0 ? "−∞" : "∞";
  }

  // ---- one curve: a shape with values of its parameters

  // What the gradient is multiplied by, or in words why it cannot be.
  function factor(curve) {
    if (state.normalise === "none") return { by: 1, why: "" };
    const size = spikegrad[state.normalise](curve.shape, curve.values);
    if (size > 0 && size < Infinity) return { by: Number((1 / size).toPrecision(8)), why: "" };
    const is = Number.isNaN(size) ? "does not converge" : size > 0 ? "is infinite"
      : size < 0 ? "is not positive" : "is 0";
    return { by: 1, why: `Not normalised: its ${state.normalise} ${is}.` };
  }

  function line(curve) {
    const given = curve.shape.parameters.map(
      p => `${p.name}=${python(curve.values[p.name], p.integer)}`);
    const by = factor(curve).by;
    const times = by === 1 ? "" : `${python(by)} * `;
    return `${times}surrogate.${curve.shape.name}(${given.join(", ")})`;
  }

  function scaled(curve) {
    const f = spikegrad[state.method](curve.shape, curve.values);
    const { by } = factor(curve);
    return x => by * f(x);
  }

  function add(name) {
    const shape = spikegrad.shapes.find(s => s.name === name);
    if (!shape) return;
    const used = new Set(state.curves.map(c => c.color));
    const color = COLORS.find(c => !used.has(c)) ?? COLORS[counter % COLORS.length];
    const values = Object.fromEntries(shape.parameters.map(p => [p.name, p.default]));
    const curve = { id: counter++, shape, values, color };
    state.curves.push(curve);
    cards.append(card(curve));
    draw();
  }

  // ---- the card of a curve

  function card(curve) {
    const { shape } = curve;
    const remove = element("button", {
      type: "button", class: "sg-remove", "aria-label": `Remove ${shape.name}`, title: "Remove",
      onclick() {
        state.curves = state.curves.filter(c => c !== curve);
        curve.card.remove();
        draw();
      },
    }, "×");
    const copy = element("button", { type: "button", class: "sg-copy" }, "Copy");
    copy.addEventListener("click", async () => {
      copy.textContent = await copied(line(curve)) ? "Copied" : "Select and copy it";
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
    curve.code = element("code");
    curve.note = element("p", { class: "sg-note", role: "status" });
    curve.card = element("li", { class: "sg-card", style: `--sg-color: ${curve.color}` },
      element("div", { class: "sg-title" },
        element("a", { href: `${shape.family}.html#${shape.name.toLowerCase()}` }, shape.name), remove),
      element("p", { class: "sg-summary" }, shape.summary),
      ...shape.parameters.map(p => control(curve, p)),
      element("div", { class: "sg-python" }, curve.code, copy), curve.note);
    return curve.card;
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = element("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  // A slider runs over logarithms where a parameter has no 0, and away from 0 in either direction.
  const toSlider = (p, v) => p.logarithmic ? Math.log10(Math.abs(v)) : v;
  function fromSlider(p, s) {
    const value = p.logarithmic ? Math.sign(p.low) * 10 ** s : s;
    return p.integer ? Math.round(value) : Number(value.toPrecision(3));
  }

  function admissible(p, v) {
    return Number.isFinite(v) && (p.zero || v !== 0) && (p.negative || v >= 0)
      && (p.positive || v <= 0) && (!p.integer || (Number.isInteger(v) && v >= 1 && v <= p.high));
  }

  function control(curve, p) {
    const id = `sg-${curve.id}-${p.name}`;
    const ends = [toSlider(p, p.low), toSlider(p, p.high)].sort((a, b) => a - b);
    const slider = element("input", {
      type: "range", id, min: ends[0], max: ends[1], step: p.integer ? 1 : (ends[1] - ends[0]) / 400,
    });
    const box = element("input", { type: "text", inputmode: "decimal", "aria-label": `${p.name}, value` });
    const special = Number.isNaN(p.special) ? null : element("input", { type: "checkbox" });
    let finite = p.start;

    function set(value, from) {
      const fits = Object.is(value, p.special) || admissible(p, value);
      box.classList.toggle("sg-wrong", !fits);
      curve.wrong = fits ? "" : `${p.name} has to be ${p.words}.`;
      if (fits) {
        curve.values[p.name] = value;
        const isSpecial = Object.is(value, p.special);
        if (!isSpecial) finite = value;
        slider.disabled = box.disabled = isSpecial;
        if (special) special.checked = isSpecial;
        if (from !== slider) slider.value = toSlider(p, finite);
        if (from !== box) box.value = isSpecial ? specialName(value) : String(finite);
      }
      draw();
    }

    slider.addEventListener("input", () => set(fromSlider(p, Number(slider.value)), slider));
    box.addEventListener("input", () => set(box.value.trim() === "" ? NaN : Number(box.value), box));
    special?.addEventListener("change", () => set(special.checked ? p.special : finite, special));
    curve.values[p.name] = p.default;
    slider.value = toSlider(p, finite);
    box.value = Object.is(p.default, p.special) ? specialName(p.default) : String(p.default);
    if (special) special.checked = slider.disabled = box.disabled = Object.is(p.default, p.special);
    return element("div", { class: "sg-parameter" }, element("label", { for: id }, p.name), slider, box,
      ...special ? [element("label", { class: "sg-special" }, special, specialName(p.special))] : []);
  }

  // ---- the page

  const select = element("select", { "aria-label": "Shape to add" });
  for (const family of new Set(spikegrad.shapes.map(s => s.family))) {
    const names = spikegrad.shapes.filter(s => s.family === family).map(s => s.name);
    select.append(element("optgroup", { label: family }, ...names.map(n => element("option", {}, n))));
  }

  function choice(name, title, options) {
    return element("fieldset", { class: "sg-choice" }, element("legend", {}, title),
      ...options.map((value, i) => element("label", {},
        element("input", {
          type: "radio", name: `sg-${name}`, value, checked: i === 0,
          onchange() { state[name] = value; draw(); },
        }), value)));
  }

  const range = element("input", {
    type: "range", id: "sg-reach", min: -1, max: 2, step: 0.01, value: Math.log10(state.reach),
    oninput() { state.reach = Number((10 ** range.value).toPrecision(2)); draw(); },
  });
  const reach = element("output", { for: "sg-reach" });
  const figure = element("figure", { class: "sg-figure" });
  const reading = element("p", { class: "sg-reading", "aria-live": "off" });
  const cards = element("ul", { class: "sg-cards" });
  const plot = spikegradPlot(figure, at => {
    reading.textContent = at === null ? "Point at the picture to read values."
      : `x = ${shown(at)}:  ` + state.curves.map(c => `${c.shape.name} ${shown(scaled(c)(at))}`).join(",  ");
  });

  root.replaceChildren(
    element("form", { class: "sg-add", onsubmit(event) { event.preventDefault(); add(select.value); } },
      select, element("button", { type: "submit", class: "md-button" }, "Add")),
    element("div", { class: "sg-choices" },
      choice("method", "Show", ["gradient", "relaxation"]),
      choice("normalise", "Normalise by", ["none", "peak", "area"]),
      element("div", { class: "sg-choice" }, element("label", { for: "sg-reach" }, "Up to x = ", reach), range)),
    figure, reading, cards);

  function draw() {
    reach.textContent = shown(state.reach);
    for (const curve of state.curves) {
      curve.code.textContent = line(curve);
      curve.note.textContent = [curve.wrong, factor(curve).why].filter(Boolean).join(" ");
      curve.note.hidden = !curve.note.textContent;
    }
    plot.draw(state.reach, state.method, state.curves.map(curve => ({
      name: curve.shape.name, color: curve.color, f: scaled(curve),
      bounded: state.normalise === "peak" || spikegrad.peak(curve.shape, curve.values) < Infinity,
    })));
    reading.textContent = "Point at the picture to read values.";
  }

  const asked = decodeURIComponent(location.hash.slice(1)) || START;
  asked.split(",").forEach(add);
  addEventListener("hashchange", () => decodeURIComponent(location.hash.slice(1)).split(",").forEach(add));
  addEventListener("resize", draw);
  draw();
})();
