import { describe, expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

const make = (n: number, value: (i: number, j: number) => number): Float64Array => Float64Array.from({ length: n * n }, (_, at) => value(Math.floor(at / n), at % n));

/** Q diag(λ) Qᵀ, Q a product of random reflections. */
function withSpectrum(values: readonly number[]): Float64Array {
  const n = values.length;
  let a = make(n, (i, j) => (i === j ? values[i] : 0));
  for (let r = 0; r < 3; r++) {
    const v = createStream({ seed: 5, purpose: 'test', index: r }).normals(new Float64Array(n));
    const h = v.reduce((sum, x) => sum + x * x, 0) / 2;
    const reflect = make(n, (i, j) => Number(i === j) - (v[i] * v[j]) / h);
    const product = (x: Float64Array, y: Float64Array): Float64Array => make(n, (i, j) => { let s = 0; for (let k = 0; k < n; k++) s += x[i * n + k] * y[k * n + j]; return s; });
    a = product(product(reflect, a), reflect);
  }
  return a;
}

const closeTo = (actual: Float64Array, expected: readonly number[], tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((e, i) => expect(Math.abs(actual[i] - e), `eigenvalue ${i}: ${actual[i]} for ${e}`).toBeLessThanOrEqual(tolerance));
};

describe('symmetricEigenvalues', () => {
  test.each([1, 2, 3, 7, 60])('second differences of size %i: 2 − 2 cos(kπ/(n+1))', (n) => {
    const a = make(n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    closeTo(symmetricEigenvalues(a, n), Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))), 1e-14 * n);
  });

  test('all ones: one eigenvalue n, the others 0', () => {
    closeTo(symmetricEigenvalues(make(9, () => 1), 9), [0, 0, 0, 0, 0, 0, 0, 0, 9], 1e-14);
  });

  test('diagonal, zero and huge or tiny matrices', () => {
    closeTo(symmetricEigenvalues(make(4, (i, j) => (i === j ? [3, -1, 0, 2][i] : 0)), 4), [-1, 0, 2, 3], 0);
    closeTo(symmetricEigenvalues(new Float64Array(25), 5), [0, 0, 0, 0, 0], 0);
    for (const scale of [1e-200, 1e200]) {
      const values = symmetricEigenvalues(make(3, (i, j) => scale * (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)), 3);
      closeTo(values.map((v) => v / scale), [2 - Math.SQRT2, 2, 2 + Math.SQRT2], 1e-14);
    }
  });

  test('a spectrum from 1e-8 to 1e4 with repeated values comes back to rounding', () => {
    const spectrum = [-3, 1e-8, 0.5, 1, 1, 1, 1 + 1e-9, 7, 20, 1e4];
    closeTo(symmetricEigenvalues(withSpectrum(spectrum), spectrum.length), spectrum, 1e4 * 20 * Number.EPSILON);
  });

  test('only the lower half is read, and the argument stays as it was', () => {
    const full = withSpectrum([1, 2, 3, 4]);
    const lower = full.map((v, at) => (at % 4 > Math.floor(at / 4) ? Number.NaN : v));
    const before = lower.slice();
    closeTo(symmetricEigenvalues(lower, 4), [1, 2, 3, 4], 1e-14 * 8);
    expect(lower).toEqual(before);
  });

  test('trace and sum of squares of a random matrix of size 150', () => {
    const n = 150;
    const g = createStream({ seed: 1, purpose: 'test' }).normals(new Float64Array(n * n));
    const a = make(n, (i, j) => g[i * n + j] + g[j * n + i]);
    const values = symmetricEigenvalues(a, n);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += a[i * n + i];
    expect(values.reduce((s, v) => s + v, 0)).toBeCloseTo(trace, 9);
    expect(values.reduce((s, v) => s + v * v, 0) / a.reduce((s, v) => s + v * v, 0)).toBeCloseTo(1, 12);
  });
});
