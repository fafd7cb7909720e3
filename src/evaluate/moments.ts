/**
 * Mean and covariance of feature vectors:
 *
 *     μ = Σ x / n,    Σ = Σ (x − μ)(x − μ)ᵀ / (n − 1)
 *
 * in two passes (the one-pass formula cancels when the mean is large beside the spread).
 */
import { check } from '../core/errors.ts';
import type { Matrix } from './matrix.ts';
import { transposedProduct } from './transposed-product.ts';

export interface Moments {
  /** [d] */
  readonly mean: Float64Array;
  /** [d, d], symmetric */
  readonly covariance: Float64Array;
}

/** Mean and unbiased covariance of the rows. Throws with fewer than two. */
export function momentsOf({ rows, columns, data }: Matrix): Moments {
  check(rows >= 2, 'momentsOf', `a covariance needs at least 2 vectors, but ${rows} came`);
  const mean = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) mean[j] += data[at];
  for (let j = 0; j < columns; j++) mean[j] /= rows;
  const centred = new Float64Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) centred[at] = data[at] - mean[j];
  const covariance = transposedProduct(centred, centred, rows, columns, columns, true);
  for (let i = 0; i < covariance.length; i++) covariance[i] /= rows - 1;
  return { mean, covariance };
}
