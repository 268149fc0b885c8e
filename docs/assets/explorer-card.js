// The card of a curve: what it is, its parameters, a line of Python.
"use strict";
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// A text is written only where it changes: a screen reader reads it anew each time.
function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// A line of code, which breaks between its words where it has to.
function sayCode(place, text) {
  if (place.textContent === text) return;
  const parts = text.split(/(?<=\(|, |surrogate\.)/);
  place.replaceChildren(...parts.flatMap(part => [part, element("wbr")]));
}

const spikegradCard = (() => {
  const { admissible, read, refused } = spikegradState;

  // ---- numbers as Python writes them

  function python(value, integer = false) {
    if (value === null) return "None";
    if (!Number.isFinite(value)) return `float("${value < 0 ? "-" : ""}inf")`;
    return Number.isInteger(value) && !integer && !String(value).includes("e")
      ? value + ".0" : String(value);
  }

  function line(curve, by) {
    const given = curve.shape.parameters.map(
      p => `${p.name}=${python(curve.values[p.name], p.integer)}`);
    const factor = by * curve.factor;
    const times = factor === 1 ? "" : `${python(factor)} * `;
    const moved = curve.shift === 0 ? "" : `.shifted(${python(curve.shift)})`;
    return `${times}surrogate.${curve.shape.name}(${given.join(", ")})${moved}`;
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = element("textarea", { "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  // A button that copies a text, and says so.
  function copier(title, text) {
    const button = element("button", { type: "button", class: "sg-button", "aria-live": "polite" }, title);
    button.addEventListener("click", async () => {
      button.textContent = await copied(text()) ? "Copied" : "Select and copy it";
      setTimeout(() => { button.textContent = title; }, 1500);
    });
    return button;
  }

  // ---- a parameter: a slider, a box to type in, and a tick for a value that is no number

  // A slider runs over logarithms where a parameter has no 0, and away from 0 in either direction.
  const toSlider = (p, v) => p.logarithmic ? Math.log10(Math.abs(v)) : v;
  function fromSlider(p, s) {
    const value = p.logarithmic ? Math.sign(p.low) * 10 ** s : s;
    return p.integer ? Math.round(value) : Number(value.toPrecision(3));
  }

  const specialName = value => value === null ? "None" : value < 0 ? "−∞" : "∞";

  function control(id, curve, p, changed) {
    const ends = [toSlider(p, p.low), toSlider(p, p.high)].sort((a, b) => a - b);
    const whose = `${p.name} of ${curve.name}`;
    const slider = element("input", {
      type: "range", "aria-label": whose, min: ends[0], max: ends[1],
      step: p.integer ? 1 : (ends[1] - ends[0]) / 400,
    });
    const box = element("input", {
      type: "text", id, inputmode: "decimal", autocomplete: "off", "aria-describedby": `${id}-words`,
    });
    const special = Number.isNaN(p.special) ? null : element("input", { type: "checkbox" });
    const words = element("p", { class: "sg-refused", id: `${id}-words`, role: "status" });
    let finite = p.start;

    function show(from) {
      const value = curve.values[p.name], isSpecial = Object.is(value, p.special);
      if (!isSpecial) finite = value;
      slider.disabled = box.disabled = isSpecial;
      if (special) special.checked = isSpecial;
      if (from !== slider) slider.value = toSlider(p, finite);
      slider.setAttribute("aria-valuetext", isSpecial ? specialName(value) : String(finite));
      if (from !== box) box.value = isSpecial ? specialName(value) : String(finite);
      box.removeAttribute("aria-invalid");
      say(words, "");
    }

    // A value that is refused changes nothing but the words beside it.
    function set(value, from) {
      if (!admissible(p, value)) {
        box.setAttribute("aria-invalid", "true");
        say(words, refused(curve, p, box.value));
        return;
      }
      curve.values[p.name] = value;
      show(from);
      changed();
    }

    slider.addEventListener("input", () => set(fromSlider(p, Number(slider.value)), slider));
    box.addEventListener("input", () => set(read(box.value), box));
    box.addEventListener("keydown", event => { if (event.key === "Escape") show(); });
    special?.addEventListener("change", () => set(special.checked ? p.special : finite, special));
    show();
    return element("div", { class: "sg-parameter" }, element("label", { for: id }, p.name), slider, box,
      ...special ? [element("label", { class: "sg-special" }, special, specialName(p.special))] : [], words);
  }

  // ---- the card

  // curve gets `card`, `code`, `note` and `hint`; changed() is called at every new value.
  function make(curve, changed, removed) {
    const { shape, peer } = curve;
    const NAMESPACE = "http://www.w3.org/2000/svg";
    const sample = document.createElementNS(NAMESPACE, "svg");
    sample.innerHTML = `<line x1="0" x2="30" y1="6" y2="6" stroke-dasharray="${curve.dash}"/>`;
    sample.setAttribute("viewBox", "0 0 30 12");
    sample.setAttribute("aria-hidden", "true");
    curve.code = element("code");
    curve.note = element("p", { class: "sg-note", role: "status" });
    curve.hint = element("p", { class: "sg-hint" });
    const summary = [shape.summary];
    if (peer) summary.unshift(`${peer.library} ${peer.there} is ${line(spikegradState.named(curve.name), 1)}. `);
    if (peer?.differs) summary.push(` There: ${peer.differs}`);
    const names = spikegrad.peers.filter(p => p.shape === shape.name);
    curve.card = element("li", { class: "sg-card", style: `--sg-color: ${curve.color}` },
      element("div", { class: "sg-title" }, sample,
        element("a", { href: `${shape.family}.html#${shape.name.toLowerCase()}` }, shape.name),
        ...peer ? [element("span", {}, curve.name)] : [],
        element("button", {
          type: "button", class: "sg-remove", "aria-label": `Remove ${curve.name}`, title: "Remove", onclick: removed,
        }, "×")),
      element("p", { class: "sg-summary" }, ...summary),
      ...shape.parameters.map(p => control(`sg-${curve.id}-${p.name}`, curve, p, changed)),
      element("div", { class: "sg-python" }, curve.code, copier("Copy", () => curve.code.textContent)),
      curve.note, curve.hint,
      ...names.length ? [element("details", { class: "sg-names" },
        element("summary", {}, `Names elsewhere (${names.length})`),
        element("ul", {}, ...names.map(p => element("li", {}, `${p.library} `, element("code", {}, p.there)))))] : []);
    return curve.card;
  }

  return { make, line, copier };
})();
