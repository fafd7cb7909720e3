/**
 * A standard normal out of one 32-bit word, by inversion: z = ±Q⁻¹(p), Q(z) = P(Z > z), where the sign is one bit and
 * p = (m + ½)/2³² comes from the other 31 bits m. No logarithm, no trigonometry, no rejection: normal n of a stream is a function
 * of word n, and every operation is a +, −, × or ÷, which IEEE 754 fixes to the last bit on every machine.
 *
 * Q⁻¹ is a table of quintics: the octaves of p (found by counting leading zeros), each cut in eight. Within such a piece the
 * nearest singularity (p = 0) is 17 half-widths away, so interpolation at the six Chebyshev nodes leaves an error near 1e-10, below
 * half a unit in the last place of the float32 result wherever |z| > 0.004. The table is computed once, on first use, by Newton's
 * method on a series (small z) and a continued fraction (tails). Largest |z|: Q⁻¹(2⁻³³) = 6.34.
 *
 * Sources: hierarchical segmentation of Q⁻¹ by leading zeros: Cheung, Lee, Luk, Villasenor, "Hardware generation of arbitrary
 * random number distributions from uniform distributions via the inversion method", IEEE TVLSI 15(8), 2007. Series and continued
 * fraction of the normal tail: Abramowitz and Stegun, 26.2.11 and 26.2.14.
 */

const OCTAVES = 32;
const PIECES = 8; // pieces an octave
const TERMS = 6; // coefficients of a quintic
const SQRT_2PI = 2.5066282746310002;

/** e^(−y) for y ≥ 0 out of + − × ÷: halves y until it is small, sums the series, squares back. */
function exponentialOfMinus(y: number): number {
  let halvings = 0;
  for (; y > 0.0625; y *= 0.5) halvings++;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= 12; n++) {
    term *= -y / n;
    sum += term;
  }
  for (; halvings > 0; halvings--) sum *= sum;
  return sum;
}

/** Q(z) and the density φ(z), z ≥ 0. Relative error of Q near 1e-13. */
export function normalTail(z: number): { tail: number; density: number } {
  const density = exponentialOfMinus(0.5 * z * z) / SQRT_2PI;
  if (z < 2) {
    // ½ − Q = φ·(z + z³/3 + z⁵/(3·5) + …)
    let term = z;
    let sum = z;
    for (let k = 3; k < 100; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return { tail: 0.5 - density * sum, density };
  }
  // Q = φ/(z + 1/(z + 2/(z + 3/(z + …)))), from the inside out
  let fraction = z;
  for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
  return { tail: density / fraction, density };
}

/** Q⁻¹(p), 0 < p ≤ ½, by Newton's method started at `guess`, which must not lie above the root (Q is convex for z ≥ 0). */
function inverseTail(p: number, guess: number): number {
  let z = guess;
  for (let i = 0; i < 60; i++) {
    const { tail, density } = normalTail(z);
    const step = (tail - p) / density;
    z += step;
    if (step < 1e-13 && step > -1e-13) break;
  }
  return z;
}

/** cos(π(2k + 1)/12), k = 0…5, by radicals: the roots of the Chebyshev polynomial T₆. */
const NODES: readonly number[] = (() => {
  const a = (Math.sqrt(6) + Math.sqrt(2)) / 4;
  const b = Math.sqrt(2) / 2;
  const c = (Math.sqrt(6) - Math.sqrt(2)) / 4;
  return [a, b, c, -c, -b, -a];
})();

/** Coefficients in powers of f, 0 ≤ f < 1 across the piece: TERMS numbers a piece, pieces in order of (octave, position). */
function quantileTable(): Float64Array {
  const table = new Float64Array(OCTAVES * PIECES * TERMS);
  let guess = 0;
  let top = 0.5; // p in [top/2, top)
  for (let octave = 0; octave < OCTAVES; octave++, top *= 0.5) {
    for (let piece = PIECES - 1; piece >= 0; piece--) {
      const f: number[] = [];
      const newton: number[] = []; // divided differences
      for (const node of NODES) {
        f.push(0.5 + 0.5 * node);
        const p = 0.5 * top * (1 + (piece + f[f.length - 1]) / PIECES);
        guess = inverseTail(p, guess); // p falls from node to node, piece to piece, so the last root is a guess from below
        newton.push(guess);
      }
      for (let order = 1; order < TERMS; order++) {
        for (let k = TERMS - 1; k >= order; k--) newton[k] = (newton[k] - newton[k - 1]) / (f[k] - f[k - order]);
      }
      const powers = Array.from(NODES, () => 0);
      for (let k = TERMS - 1; k >= 0; k--) {
        for (let power = TERMS - 1; power > 0; power--) powers[power] = powers[power - 1] - f[k] * powers[power];
        powers[0] = newton[k] - f[k] * powers[0];
      }
      table.set(powers, (octave * PIECES + piece) * TERMS);
    }
  }
  return table;
}

let sharedTable: Float64Array | undefined;

/** Maps words to standard normals, one for one: out[at + j] = ±Q⁻¹ of words[j], j < count. */
export function normalsFromWords(words: Uint32Array, count: number, out: Float32Array | Float64Array, at = 0): void {
  const table = (sharedTable ??= quantileTable());
  for (let j = 0; j < count; j++) {
    const word = words[j];
    const odd = (word << 1) | 1; // 2m + 1: p = odd/2³³, never 0
    const octave = Math.clz32(odd);
    const normalized = octave === 0 ? odd : odd << octave; // leading one in bit 31
    const f = (normalized & 0x0fffffff) * 3.725290298461914e-9; // 2⁻²⁸
    const c = (octave * 8 + ((normalized >>> 28) & 7)) * 6;
    const z = table[c] + f * (table[c + 1] + f * (table[c + 2] + f * (table[c + 3] + f * (table[c + 4] + f * table[c + 5]))));
    out[at + j] = (word & 0x80000000) === 0 ? z : -z;
  }
}
