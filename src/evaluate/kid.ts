/**
 * Kernel inception distance: the squared maximum mean discrepancy of two sets under a cubic polynomial kernel, without bias,
 *
 *     k(x, y) = (x·y/d + 1)³,    MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean k(xᵢ, yⱼ)
 *
 * averaged over random subsets. Unlike the Fréchet distance its expectation does not depend on the number of samples.
 *
 * Source: Bińkowski, Sutherland, Arbel, Gretton 2018, "Demystifying MMD GANs", eq. 4 and §4.
 */
import { check } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';
import { checkSameColumns, selectRows, type Matrix } from './matrix.ts';

/** The unbiased MMD² of two sets of at least two vectors each. May be negative. */
export function polynomialMmd(x: Matrix, y: Matrix): number {
  checkSameColumns('polynomialMmd', x, y);
  check(x.rows >= 2 && y.rows >= 2, 'polynomialMmd', () => `each set needs at least 2 vectors, but they have ${x.rows} and ${y.rows}`);
  const within = ({ rows, columns, data }: Matrix): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) for (let j = 0; j < i; j++) sum += kernel(data, i * columns, data, j * columns, columns);
    return (2 * sum) / (rows * (rows - 1));
  };
  let cross = 0;
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < y.rows; j++) cross += kernel(x.data, i * x.columns, y.data, j * x.columns, x.columns);
  return within(x) + within(y) - (2 * cross) / (x.rows * y.rows);
}

function kernel(a: Matrix['data'], aAt: number, b: Matrix['data'], bAt: number, d: number): number {
  let dot = 0;
  for (let i = 0; i < d; i++) dot += a[aAt + i] * b[bAt + i];
  const base = dot / d + 1;
  return base * base * base;
}

export interface KidOptions {
  readonly subsets?: number;
  /** At most this many of each set; the smaller set's size where that is less. */
  readonly subsetSize?: number;
  readonly seed?: Seed;
}

/** Mean of the MMD² over subsets drawn without replacement, and their standard deviation. */
export function kernelInceptionDistance(x: Matrix, y: Matrix, options: KidOptions = {}): { mean: number; std: number } {
  const { subsets = 100, subsetSize = 1000, seed = 0 } = options;
  const size = Math.min(subsetSize, x.rows, y.rows);
  const draw = (set: Matrix, index: number): Matrix => selectRows(set, subset(set.rows, size, seed, index));
  return overSubsets(Array.from({ length: subsets }, (_, i) => polynomialMmd(draw(x, 2 * i), draw(y, 2 * i + 1))));
}

function overSubsets(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, std: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) };
}

/** `size` different indices below n: the beginning of Fisher and Yates's shuffle. */
function subset(n: number, size: number, seed: Seed, index: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const fractions = createStream({ seed, purpose: 'evaluation', index }).uniforms(new Float64Array(size));
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(fractions[i] * (n - i));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.subarray(0, size);
}
