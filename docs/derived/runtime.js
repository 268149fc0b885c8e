// What the functions below call, and how to call them. Numbers are float64, as in the library.
"use strict";
const spikegrad = (() => {
  const number = new Float64Array(1), bits = new Uint32Array(number.buffer);
  const little = new Uint8Array(new Uint32Array([1]).buffer)[0];

  // The number that is left of x where only the bits of the mask stay.
  function masked(x, high, low) {
    number[0] = x;
    bits[little] &= high;
    bits[1 - little] &= low;
    return number[0];
  }

  // The error function by its series of positive terms, which loses no digit.
  function erf(x) {
    if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= x * x / (n + 0.5);
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  const shapes = SHAPES;

  // Surrogates of other libraries at their defaults there: factor * shape(x - shift).
  const peers = PEERS;

  // A whole number and None are built into a function; the other parameters are its arguments.
  function compiled(shape, values, kind) {
    const fixed = [], free = [];
    for (const parameter of shape.parameters) {
      const value = values[parameter.name];
      if (value === null) fixed.push(parameter.name + "=None");
      else if (parameter.integer) fixed.push(parameter.name + "=" + value);
      else free.push(value);
    }
    const f = shape.functions[fixed.join()][kind];
    return x => f(x, ...free);
  }

  const gradient = (shape, values) => compiled(shape, values, "gradient");
  const relaxation = (shape, values) => compiled(shape, values, "relaxation");

  // Where the relaxation tends to. Of a power the steps shrink by a constant ratio.
  function limit(f, side) {
    const [a, b, c] = [1e100, 1e200, 1e300].map(x => f(side * x));
    const ratio = (c - b) / (b - a);
    if (Math.abs(c) > 1e305) return c * Infinity; // the library stops at its largest number
    if (Math.abs(c - b) <= 1e-12 * Math.abs(c)) return c;
    return Math.abs(ratio) < 1 - 1e-9 ? c + (c - b) * ratio / (1 - ratio) : side * Infinity;
  }

  // The area under the gradient: infinite, or NaN where it goes up and down for ever.
  function area(shape, values) {
    if (shape.oscillates) return NaN;
    const f = relaxation(shape, values);
    return limit(f, 1) - limit(f, -1);
  }

  // The largest value of the gradient, by grids that get finer; infinite where it only grows.
  function peak(shape, values) {
    const f = gradient(shape, values);
    const grid = [0];
    for (let k = -240; k <= 160; k++) grid.push(2 ** (k / 8), -(2 ** (k / 8)));
    for (let k = -1000; k <= 1000; k++) grid.push(k / 250);
    grid.sort((a, b) => a - b);
    let best = grid.reduce((i, x, j) => f(x) > f(grid[i]) ? j : i, 0);
    let at = grid[best];
    let reach = Math.max(at - grid[Math.max(best - 1, 0)], (grid[best + 1] ?? at) - at);
    for (let round = 0; round < 14; round++, reach /= 8) {
      const middle = at;
      for (let k = -8; k <= 8; k++) {
        const x = middle + k / 8 * reach;
        if (f(x) > f(at)) at = x;
      }
    }
    return f(at) < 1e290 ? f(at) : Infinity;
  }

  // How far from the threshold a shape is seen: where its gradient is nearly what it ends at.
  function reach(shape, values) {
    const f = gradient(shape, values), distances = [];
    for (let k = -96; k <= 64; k++) distances.push(2 ** (k / 8));
    const sides = [-1, 1].map(sign => distances.map(d => f(sign * d)));
    const all = sides.flat(), range = Math.max(...all) - Math.min(...all);
    let far = 0;
    for (const side of sides) {
      const end = side[side.length - 1];
      const moving = side.findLastIndex(y => Math.abs(y - end) > 0.1 * range);
      far = Math.max(far, moving < 0 ? 0 : 1.5 * distances[moving]);
    }
    return shape.oscillates || peak(shape, values) === Infinity ? shape.reach : far || 1;
  }

  return { shapes, peers, gradient, relaxation, area, peak, reach };
})();
