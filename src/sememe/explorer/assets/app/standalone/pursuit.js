// Codes of atoms that have no encoder: matching pursuit, least squares, non-negative least squares.
// As explorer/live/pursuit.py and SciPy's nnls; there are the sources.

const NEW_DIRECTION = 1e-3; // a shorter direction is a rounding error
const ENOUGH = 1e-5; // so is a projection smaller than this share of the first
const EQUAL = 1e-9; // projections that differ by less than this share of the first are equal
const RIDGE = 1e-6;

/** Products of all atoms with each other, (components, components). */
export function gramOf(atoms, components, neurons) {
  const gram = new Float64Array(components * components);
  for (let a = 0; a < components; a += 1) {
    for (let b = 0; b <= a; b += 1) {
      let sum = 0;
      for (let n = 0; n < neurons; n += 1) sum += atoms[a * neurons + n] * atoms[b * neurons + n];
      gram[a * components + b] = gram[b * components + a] = sum;
    }
  }
  return gram;
}

/** Orthogonal matching pursuit: at most k atoms, each the first of those with the greatest positive projection. */
export function pursue(given, gram, k) {
  const count = given.length;
  const projections = Float64Array.from(given);
  const first = maximum(projections);
  const [chosen, basis, triangle, target] = [[], [], [], []];
  for (let round = 0; round < k; round += 1) {
    const least = maximum(projections) - EQUAL * first;
    let atom = 0;
    while (projections[atom] < least) atom += 1;
    const largest = projections[atom];
    if (!(largest > ENOUGH * first && largest > 0)) break;
    const along = basis.map((direction) => direction[atom]);
    const fresh = gram[atom * count + atom] - along.reduce((sum, x) => sum + x * x, 0);
    projections[atom] = -Infinity;
    if (!(fresh > NEW_DIRECTION ** 2)) continue;
    const length = Math.sqrt(fresh);
    const direction = gram.slice(atom * count, (atom + 1) * count);
    along.forEach((x, i) => {
      const before = basis[i];
      for (let j = 0; j < count; j += 1) direction[j] -= x * before[j];
    });
    const move = largest / length;
    for (let j = 0; j < count; j += 1) {
      direction[j] /= length;
      projections[j] -= move * direction[j];
    }
    basis.push(direction);
    triangle.push([...along, length]); // row i holds what atom i has of each direction up to its own
    target.push(move);
    chosen.push(atom);
  }
  const codes = new Float64Array(count);
  const values = new Float64Array(chosen.length);
  for (let i = chosen.length - 1; i >= 0; i -= 1) {
    let rest = target[i];
    for (let j = i + 1; j < chosen.length; j += 1) rest -= triangle[j][i] * values[j];
    codes[chosen[i]] = values[i] = rest / triangle[i][i];
  }
  return codes;
}

function maximum(values) {
  let most = -Infinity;
  for (let i = 0; i < values.length; i += 1) if (values[i] > most) most = values[i];
  return most;
}

/** Codes of chosen atoms that reconstruct best, from their projections. */
export function leastSquares(projections, gram, chosen) {
  const count = projections.length;
  const codes = new Float64Array(count);
  const values = solved(chosen, chosen.map((atom) => projections[atom]), gram, count, RIDGE);
  chosen.forEach((atom, i) => { codes[atom] = values[i]; });
  return codes;
}

/** Codes of 0 or more that reconstruct best (Lawson & Hanson 1974, algorithm NNLS). */
export function nonNegative(projections, gram) {
  const count = projections.length;
  const codes = new Float64Array(count);
  const passive = new Set();
  const tolerance = 1e-10 * Math.max(1, ...projections.map(Math.abs));
  for (let round = 0; round < 3 * count; round += 1) {
    let [best, steepest] = [-1, tolerance];
    for (let j = 0; j < count; j += 1) {
      if (passive.has(j)) continue;
      let slope = projections[j];
      for (const i of passive) slope -= gram[j * count + i] * codes[i];
      if (slope > steepest) [best, steepest] = [j, slope];
    }
    if (best < 0) break;
    passive.add(best);
    for (;;) {
      const own = [...passive];
      const values = solved(own, own.map((atom) => projections[atom]), gram, count, 0);
      // As far towards the solution as no code falls below 0; what is 0 then is let go.
      let step = 1;
      own.forEach((atom, i) => {
        if (values[i] <= 0) step = Math.min(step, codes[atom] / (codes[atom] - values[i]));
      });
      own.forEach((atom, i) => { codes[atom] += step * (values[i] - codes[atom]); });
      if (step === 1) break;
      own.forEach((atom, i) => {
        if (values[i] <= 0 && codes[atom] <= tolerance) {
          codes[atom] = 0;
          passive.delete(atom);
        }
      });
      if (!passive.size) break;
    }
  }
  return codes;
}

/** Solves the block of `gram` at some atoms, with a ridge on its diagonal, by Cholesky's factors. */
function solved(atoms, targets, gram, count, ridge) {
  const n = atoms.length;
  const lower = new Float64Array(n * n);
  const values = Float64Array.from(targets);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = gram[atoms[i] * count + atoms[j]] + (i === j ? ridge : 0);
      for (let m = 0; m < j; m += 1) sum -= lower[i * n + m] * lower[j * n + m];
      lower[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-14)) : sum / lower[j * n + j];
    }
  }
  for (let i = 0; i < n; i += 1) {
    for (let m = 0; m < i; m += 1) values[i] -= lower[i * n + m] * values[m];
    values[i] /= lower[i * n + i];
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let m = i + 1; m < n; m += 1) values[i] -= lower[m * n + i] * values[m];
    values[i] /= lower[i * n + i];
  }
  return values;
}
