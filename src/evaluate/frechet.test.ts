import { describe, expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { frechetDistance, frechetDistanceOf } from './frechet.ts';
import { matrix } from './matrix.ts';
import { momentsOf, type Moments } from './moments.ts';
import { semidefiniteFactor } from './semidefinite-factor.ts';
import { transposedProduct } from './transposed-product.ts';

const normals = (length: number, index = 0): Float64Array => createStream({ seed: 3, purpose: 'test', index }).normals(new Float64Array(length));
const diagonal = (...values: number[]): Float64Array => Float64Array.from({ length: values.length ** 2 }, (_, at) => (at % (values.length + 1) === 0 ? values[at / (values.length + 1)] : 0));

/** Σ of a random [d, rank] root. */
const covarianceOf = (d: number, rank: number, index: number): Float64Array => {
  const root = normals(rank * d, index);
  return transposedProduct(root, root, rank, d, d, true);
};

describe('transposedProduct', () => {
  test.each([[1, 1, 1], [3, 2, 5], [300, 7, 6], [513, 4, 9]])('k = %i, m = %i, n = %i against the definition', (k, m, n) => {
    const a = normals(k * m, 1);
    const b = normals(k * n, 2);
    const c = transposedProduct(a, b, k, m, n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let t = 0; t < k; t++) sum += a[t * m + i] * b[t * n + j];
        expect(c[i * n + j]).toBeCloseTo(sum, 10);
      }
    }
  });

  test('the symmetric half equals the whole', () => {
    const a = normals(50 * 11);
    const whole = transposedProduct(a, a.slice(), 50, 11, 11);
    transposedProduct(a, a, 50, 11, 11, true).forEach((v, i) => expect(v).toBeCloseTo(whole[i], 12));
  });
});

describe('momentsOf', () => {
  test('hand-computed, with a mean far above the spread', () => {
    const { mean, covariance } = momentsOf(matrix(3, 2, Float64Array.of(1e8, 0, 1e8 + 1, 2, 1e8 + 2, 1)));
    expect([...mean]).toEqual([1e8 + 1, 1]);
    expect([...covariance]).toEqual([1, 0.5, 0.5, 1]);
  });

  test('one vector has no covariance', () => {
    expect(() => momentsOf(matrix(1, 2, Float64Array.of(1, 2)))).toThrow('momentsOf: a covariance needs at least 2 vectors, but 1 came');
  });
});

describe('semidefiniteFactor', () => {
  test.each([[6, 6], [6, 3], [5, 1], [4, 0]])('d = %i, rank %i: F Fᵀ is the matrix, and the rank is found', (d, rank) => {
    const a = rank ? covarianceOf(d, rank, 4) : new Float64Array(d * d);
    const { factor, rank: found } = semidefiniteFactor(a, d);
    expect(found).toBe(rank);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += factor[i * rank + k] * factor[j * rank + k];
        expect(sum).toBeCloseTo(a[i * d + j], 12);
      }
    }
  });
});

describe('frechetDistance', () => {
  test('commuting covariances: |μ₁ − μ₂|² + Σ (√a − √b)²', () => {
    const a: Moments = { mean: Float64Array.of(1, 2, 3), covariance: diagonal(4, 9, 0) };
    const b: Moments = { mean: Float64Array.of(1, 0, 4), covariance: diagonal(1, 16, 25) };
    expect(frechetDistance(a, b)).toBeCloseTo(5 + 1 + 1 + 25, 12);
  });

  test('symmetric, 0 for equal Gaussians, and unchanged by a rotation', () => {
    const d = 12;
    const a: Moments = { mean: normals(d, 5), covariance: covarianceOf(d, 20, 6) };
    const b: Moments = { mean: normals(d, 7), covariance: covarianceOf(d, 20, 8) };
    const distance = frechetDistance(a, b);
    expect(frechetDistance(b, a)).toBeCloseTo(distance, 10);
    expect(Math.abs(frechetDistance(a, a))).toBeLessThan(1e-11 * distance);
    const v = normals(d, 9);
    const h = v.reduce((s, x) => s + x * x, 0) / 2;
    const q = Float64Array.from({ length: d * d }, (_, at) => Number(at % (d + 1) === 0) - (v[Math.floor(at / d)] * v[at % d]) / h);
    const turn = ({ mean, covariance }: Moments): Moments => ({
      mean: transposedProduct(q, mean, d, d, 1),
      covariance: transposedProduct(q, transposedProduct(covariance, q, d, d, d), d, d, d),
    });
    expect(frechetDistance(turn(a), turn(b))).toBeCloseTo(distance, 9);
  });

  test('a shared subspace smaller than both: singular covariances need no regularisation', () => {
    const a: Moments = { mean: new Float64Array(4), covariance: diagonal(1, 1, 0, 0) };
    const b: Moments = { mean: new Float64Array(4), covariance: diagonal(0, 4, 4, 0) };
    expect(frechetDistance(a, b)).toBeCloseTo(1 + 1 + 4, 12);
  });

  test('of samples: a shift by s in every one of d dimensions adds d·s²', () => {
    const x = normals(400 * 6, 10);
    expect(frechetDistanceOf(matrix(400, 6, x), matrix(400, 6, x.map((v) => v + 0.5)))).toBeCloseTo(1.5, 10);
    expect(() => frechetDistanceOf(matrix(2, 1, Float64Array.of(1, 2)), matrix(1, 2, Float64Array.of(1, 2)))).toThrow('both sets need vectors of one length, but they have 1 and 2');
  });

  test('a not-a-number is refused where it came in', () => {
    expect(() => matrix(2, 2, Float32Array.of(0, 1, 2, Number.NaN))).toThrow('row 1 column 1 is NaN');
  });
});
