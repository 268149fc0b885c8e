// The interactive page: shapes over each other, sliders for their parameters, a line of Python.
// What is computed comes from surrogates.js, which the build derives from the library.
"use strict";
(() => {
  const root = document.getElementById("spikegrad-explorer");
  if (!root) return;

  const COLORS = ["#3a86d1", "#dd6216", "#1a9c74", "#c55a9b", "#a8810a", "#8069d8", "#c0392b", "#7f7f7f"];
  // For who cannot tell two colours apart.
  const DASHES = ["none", "8 4", "2 3", "10 3 2 3"];
  const START = "#Sigmoid,Arctan,PiecewiseQuadratic";
  // A curve that is narrower or lower than these shares of the picture is pointed out.
  const NARROW = 1 / 30, FLAT = 1 / 30;
  const { CHOICES, REACH, named, fitted, round } = spikegradState;
  let state = null, counter = 0, share = null;

  const shown = value => Number.isFinite(value) ? String(Number(value.toPrecision(4))).replace("-", "−")
    : Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";

  // ---- what is computed

  const raw = kind => curve => {
    const f = spikegrad[kind](curve.shape, curve.values);
    return x => curve.factor * f(x - curve.shift);
  };
  const peak = curve => curve.factor * spikegrad.peak(curve.shape, curve.values);
  const area = curve => curve.factor * spikegrad.area(curve.shape, curve.values);

  // What a curve is multiplied by, or in words why it cannot be.
  function factor(curve) {
    if (state.normalise === "none") return { by: 1, why: "" };
    const size = { peak, area }[state.normalise](curve);
    if (size > 0 && size < Infinity) return { by: Number((1 / size).toPrecision(8)), why: "" };
    const is = Number.isNaN(size) ? "does not converge" : size > 0 ? "is infinite"
      : size < 0 ? "is not positive" : "is 0";
    return { by: 1, why: `Not normalised: its ${state.normalise} ${is}.` };
  }

  function scaled(curve) {
    const f = raw(state.show)(curve), { by } = factor(curve);
    return x => by * f(x);
  }

  // ---- what changes the state

  function put(curve) {
    const used = new Set(state.curves.map(c => c.color));
    const free = COLORS.findIndex(color => !used.has(color));
    const look = free < 0 ? counter : free;
    Object.assign(curve, {
      id: counter++, color: COLORS[look % COLORS.length], dash: DASHES[look % DASHES.length],
    });
    state.curves.push(curve);
    cards.append(spikegradCard.make(curve, draw, () => take(curve)));
  }

  // The reach follows what is shown, until a reader has set one.
  function refitting(change) {
    const follows = state.reach === fitted(state.curves);
    change();
    if (follows) state.reach = fitted(state.curves);
    draw();
    commit();
  }

  function add(name) {
    refitting(() => put(named(name)));
    say(said, `${name} is added. ${state.curves.length} shapes are shown.`);
  }

  function take(curve) {
    const at = state.curves.indexOf(curve);
    refitting(() => {
      state.curves.splice(at, 1);
      curve.card.remove();
    });
    say(said, `${curve.name} is removed. ${state.curves.length} shapes are shown.`);
    const next = state.curves[at] ?? state.curves[at - 1];
    (next ? next.card.querySelector(".sg-remove") : select).focus();
  }

  function reachTo(value) {
    state.reach = value;
    draw();
    commit();
  }

  // ---- the address: a step back is a step back here too

  function commit() {
    const text = spikegradState.text(state);
    if (text !== spikegradState.text(spikegradState.parse(location.hash || START).state)) {
      history.pushState(null, "", text);
    }
  }

  function restore() {
    const { state: asked, wrong } = spikegradState.parse(location.hash || START);
    const curves = asked.curves;
    state = { ...asked, curves: [] };
    cards.replaceChildren();
    curves.forEach(put);
    for (const key in CHOICES) root.querySelector(`[name="sg-${key}"][value="${state[key]}"]`).checked = true;
    draw();
    say(said, wrong.join(" "));
  }

  // ---- the page

  const select = element("select", { id: "sg-select" });
  function group(label, options) {
    select.append(element("optgroup", { label }, ...options.map(([value, text]) => element("option", { value }, text))));
  }
  for (const family of new Set(spikegrad.shapes.map(s => s.family))) {
    group(family, spikegrad.shapes.filter(s => s.family === family).map(s => [s.name, s.name]));
  }
  for (const library of new Set(spikegrad.peers.map(p => p.library))) {
    group(library, spikegrad.peers.filter(p => p.library === library).map(p => [p.name, p.there]));
  }

  const choice = (name, title) => element("fieldset", { class: "sg-choice" }, element("legend", {}, title),
    ...CHOICES[name].map(value => element("label", {},
      element("input", {
        type: "radio", name: `sg-${name}`, value,
        onchange() { state[name] = value; draw(); commit(); },
      }), value)));

  const range = element("input", {
    type: "range", id: "sg-reach", min: Math.log10(REACH.low), max: Math.log10(REACH.high), step: 0.01,
    oninput() { state.reach = round(10 ** range.value); draw(); },
  });
  const reach = element("output", { for: "sg-reach" });
  const figure = element("figure", { class: "sg-figure" });
  const reader = element("input", {
    type: "range", class: "sg-reader", min: -1, max: 1, step: 0.005, value: 0,
    "aria-label": "x at which values are read", oninput() { plot.point(Number(reader.value)); },
  });
  const reading = element("p", { class: "sg-reading" },
    "Point at the picture, or move the slider below it, to read values.");
  const said = element("p", { class: "sg-said", role: "status" });
  const caption = element("p", { class: "sg-hint" });
  const table = element("table");
  const cards = element("ul", { class: "sg-cards" });
  const plot = spikegradPlot(figure, (at, where) => {
    share = where;
    reader.value = where;
    const values = state.curves.map(c => `${c.name} ${shown(scaled(c)(at))}`).join(",  ");
    reading.textContent = `x = ${shown(at)}:  ${values}`;
    reader.setAttribute("aria-valuetext", reading.textContent);
  });

  root.replaceChildren(
    element("form", { class: "sg-add", onsubmit(event) { event.preventDefault(); add(select.value); } },
      element("label", { for: "sg-select" }, "A shape, or what another library calls it"), select,
      element("button", { type: "submit", class: "md-button" }, "Add"),
      spikegradCard.copier("Copy a link to this picture", () => location.href)),
    said,
    element("div", { class: "sg-choices" },
      choice("show", "Show"), choice("normalise", "Normalise by"), choice("height", "Height"), choice("across", "x"),
      element("div", { class: "sg-choice" }, element("label", { for: "sg-reach" }, "Up to x = ", reach), range,
        element("button", {
          type: "button", class: "sg-button", onclick() { reachTo(fitted(state.curves)); },
        }, "Fit"))),
    figure, reader, reading, caption,
    element("details", { class: "sg-values" }, element("summary", {}, "The picture as a table"), table),
    cards);
  // A value that is being dragged makes no history; the one at which it is let go does.
  root.addEventListener("change", event => { if (event.target !== reader) commit(); });

  // ---- what is seen

  function hint(curve, highest) {
    const size = spikegrad.reach(curve.shape, curve.values);
    const parts = [];
    if (state.across === "linear" && size < NARROW * state.reach) {
      parts.push("Narrow on this scale: take a logarithmic x, or ", element("button", {
        type: "button", class: "sg-button", onclick() { reachTo(round(Math.max(size + Math.abs(curve.shift), REACH.low))); },
      }, `zoom to ${curve.name}`), ". ");
    }
    if (state.show === "gradient" && state.height === "linear" && factor(curve).by * peak(curve) < FLAT * highest) {
      parts.push("Flat beside the others: normalise by peak, or take a logarithmic height.");
    }
    const words = parts.map(part => part.textContent ?? part).join("");
    if (curve.hint.textContent !== words) curve.hint.replaceChildren(...parts);
  }

  function fill(functions) {
    const places = [-1, -0.5, -0.2, -0.1, 0, 0.1, 0.2, 0.5, 1].map(part => part * state.reach);
    const head = text => element("th", { scope: "col" }, text);
    table.replaceChildren(
      element("thead", {}, element("tr", {}, head("x"), ...state.curves.map(c => head(c.name)))),
      element("tbody", {}, ...places.map(x => element("tr", {}, element("th", { scope: "row" }, shown(x)),
        ...functions.map(f => element("td", {}, shown(f(x))))))));
  }

  function draw() {
    reach.textContent = shown(state.reach);
    range.value = Math.log10(state.reach);
    range.setAttribute("aria-valuetext", shown(state.reach));
    const finite = state.curves.map(c => factor(c).by * peak(c)).filter(Number.isFinite);
    for (const curve of state.curves) {
      const { by, why } = factor(curve);
      sayCode(curve.code, spikegradCard.line(curve, by));
      say(curve.note, why);
      hint(curve, Math.max(0, ...finite));
    }
    const scale = state.height === "linear" ? "" : ", logarithmic";
    const by = state.normalise === "none" ? "" : ` / ${state.normalise}`;
    const functions = state.curves.map(scaled);
    const shapes = state.curves.map((c, i) => `${c.name}, at the threshold ${shown(functions[i](0))}`).join("; ");
    plot.draw({
      ...state, share, label: state.show + by + scale,
      words: `The ${state.show} from x = ${shown(-state.reach)} to ${shown(state.reach)} of ${shapes || "nothing"}. Below the picture is a table.`,
    }, state.curves.map((curve, i) => ({
      name: curve.name, color: curve.color, dash: curve.dash, f: functions[i],
      bounded: state.normalise === "peak" || peak(curve) < Infinity,
    })));
    const places = Array.from({ length: 41 }, (_, i) => (i / 20 - 1) * state.reach);
    const below = state.curves.filter((_, i) => places.some(x => functions[i](x) < 0)).map(c => c.name);
    say(caption, state.height === "logarithmic" && below.length
      ? `A logarithmic height has no place for what is below 0 of ${below.join(", ")}.` : "");
    fill(functions);
  }

  addEventListener("popstate", restore);
  addEventListener("resize", draw);
  restore();
})();
