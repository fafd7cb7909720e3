/**
 * Linear combinations of vectors: out = Σ_k c_k·v_k, each element summed in double precision and rounded once to float32.
 * The arithmetic of every sampler. Loops are written out for up to four terms, which are the ones that occur at each step.
 */
import { check } from './errors.ts';

export type Term = readonly [coefficient: number, vector: Float32Array];

/**
 * Returns `out` (a new array unless given) filled with Σ coefficient·vector. `out` may be one of the vectors.
 * Throws when there is no term or the lengths differ. A term with coefficient 0 still counts: 0·NaN is NaN.
 */
export function lincomb(terms: readonly Term[], out?: Float32Array): Float32Array {
  check(terms.length > 0, 'lincomb', 'at least one term is needed');
  const n = terms[0][1].length;
  const result = out ?? new Float32Array(n);
  for (const [, v] of terms) check(v.length === n && result.length === n, 'lincomb', () => `vectors must have equal lengths but have ${[...terms.map(([, w]) => w.length), result.length].join(', ')}`);
  const [a, x] = terms[0];
  if (terms.length === 1) {
    for (let i = 0; i < n; i++) result[i] = a * x[i];
    return result;
  }
  const [b, y] = terms[1];
  if (terms.length === 2) {
    for (let i = 0; i < n; i++) result[i] = a * x[i] + b * y[i];
    return result;
  }
  const [c, z] = terms[2];
  if (terms.length === 3) {
    for (let i = 0; i < n; i++) result[i] = a * x[i] + b * y[i] + c * z[i];
    return result;
  }
  const [d, w] = terms[3];
  if (terms.length === 4) {
    for (let i = 0; i < n; i++) result[i] = a * x[i] + b * y[i] + c * z[i] + d * w[i];
    return result;
  }
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (const [coefficient, vector] of terms) sum += coefficient * vector[i];
    result[i] = sum;
  }
  return result;
}
