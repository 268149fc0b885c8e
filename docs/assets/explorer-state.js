// What a reader has set up, and the same as the end of an address:
// #Sigmoid(alpha=2.5),snntorch.fast_sigmoid&normalise=peak&up_to=3
"use strict";
const spikegradState = (() => {
  const CHOICES = {
    show: ["gradient", "relaxation"],
    normalise: ["none", "peak", "area"],
    height: ["linear", "logarithmic"],
    across: ["linear", "logarithmic"],
  };
  const REACH = { low: 0.001, high: 1000 };
  const fresh = () => Object.fromEntries(Object.entries(CHOICES).map(([key, all]) => [key, all[0]]));

  // ---- one curve: a shape with values of its parameters, as we or another library name it

  function named(name) {
    const peer = spikegrad.peers.find(p => p.name === name);
    const shape = spikegrad.shapes.find(s => s.name === (peer ? peer.shape : name));
    if (!shape) return null;
    const values = Object.fromEntries(shape.parameters.map(p => [p.name, p.default]));
    return {
      name, peer, shape, values: { ...values, ...peer?.values },
      factor: peer?.factor ?? 1, shift: peer?.shift ?? 0,
    };
  }

  function admissible(p, v) {
    if (Number.isNaN(v)) return false;
    return Object.is(v, p.special) || Number.isFinite(v) && (p.zero || v !== 0) && (p.negative || v >= 0)
      && (p.positive || v <= 0) && (!p.integer || (Number.isInteger(v) && v >= 1 && v <= p.high));
  }

  // What stands in the way of a value, and which one is in force.
  function refused(curve, p, text) {
    const given = text.trim() === "" ? "Nothing" : text.trim();
    return `${given} is refused: ${p.name} has to be ${p.words}. It stays at ${written(curve.values[p.name])}.`;
  }

  const written = value => value === null ? "None" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
  const numbers = { None: null, inf: Infinity, "-inf": -Infinity };
  const read = text => text in numbers ? numbers[text] : text.trim() === "" ? NaN : Number(text);

  function fitted(curves) {
    const reach = Math.max(...curves.map(c => spikegrad.reach(c.shape, c.values) + Math.abs(c.shift)), 0) || 2;
    return round(Math.min(Math.max(reach, REACH.low), REACH.high));
  }

  const round = reach => Number(reach.toPrecision(2));

  // ---- the end of an address

  function text(state) {
    const curves = state.curves.map(curve => {
      const usual = named(curve.name).values;
      const changed = Object.entries(curve.values).filter(([name, value]) => !Object.is(value, usual[name]));
      const given = changed.map(([name, value]) => `${name}=${written(value)}`);
      return curve.name + (given.length ? `(${given.join(",")})` : "");
    });
    const chosen = Object.entries(CHOICES).filter(([key, all]) => state[key] !== all[0]);
    const parts = [curves.join(","), ...chosen.map(([key]) => `${key}=${state[key]}`)];
    if (state.reach !== fitted(state.curves)) parts.push(`up_to=${state.reach}`);
    return "#" + parts.join("&");
  }

  // The state that an address tells, and in words what of it is not understood.
  function parse(hash) {
    let whole = hash.replace(/^#/, "");
    const state = { ...fresh(), curves: [] }, wrong = [];
    try {
      whole = decodeURIComponent(whole);
    } catch {
      wrong.push("The address is damaged.");
    }
    const [curves, ...options] = whole.split("&");
    for (const [, name, given] of curves.matchAll(/([^,()]+)(?:\(([^)]*)\))?/g)) {
      const curve = named(name);
      if (!curve) {
        wrong.push(`There is no shape ${name}.`);
        continue;
      }
      for (const part of (given ?? "").split(",").filter(Boolean)) {
        const [key, value = ""] = part.split("=");
        const p = curve.shape.parameters.find(q => q.name === key);
        if (!p) wrong.push(`${curve.shape.name} has no parameter ${key}.`);
        else if (!admissible(p, read(value))) wrong.push(`${curve.shape.name}: ${refused(curve, p, value)}`);
        else curve.values[key] = read(value);
      }
      state.curves.push(curve);
    }
    state.reach = fitted(state.curves);
    for (const option of options) {
      const [key, value] = option.split("=");
      const reach = Number(value);
      if (CHOICES[key]?.includes(value)) state[key] = value;
      else if (key === "up_to" && reach >= REACH.low && reach <= REACH.high) state.reach = reach;
      else wrong.push(`${option} is not understood.`);
    }
    return { state, wrong };
  }

  return { CHOICES, REACH, named, admissible, refused, read, written, fitted, round, text, parse };
})();
