/**
 * Gaussian data has an exact denoiser: for x0 ~ N(m, s²) in each element, independently,
 *
 *   E[x0 | xt] = m + a·s²/(a²s² + b²)·(xt − a·m)          a = signalScale, b = noiseScale
 *
 * and the probability flow ODE between two levels has the solution (x − a·m)/√(a²s² + b²) = constant. So ODE samplers, stochastic samplers and
 * guidance can be compared with exact answers.
 */
import { check } from '../core/errors.ts';
import { lincomb } from '../core/lincomb.ts';
import type { Denoiser } from './denoiser.ts';
import type { Level } from './level.ts';

export interface GaussianData {
  /** One number an element of a sample. */
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** The variance of xt. */
export const variancesAt = ({ variance }: GaussianData, level: Level): Float64Array =>
  Float64Array.from(variance, (v) => level.signalScale ** 2 * v + level.noiseScale ** 2);

/** The exact denoiser of independent Gaussian elements; ignores conditions. */
export function gaussianDenoiser(data: GaussianData): Denoiser {
  const { mean, variance } = data;
  check(mean.length === variance.length && mean.length > 0, 'gaussianDenoiser', () => `mean and variance must have the same length but have ${mean.length} and ${variance.length}`);
  return async (x, level) => {
    const size = mean.length;
    check(x.data.length === x.shape[0] * size, 'gaussianDenoiser', () => `samples must have ${size} elements but have ${x.data.length / x.shape[0]}`);
    const { signalScale: a, noiseScale: b } = level;
    const total = variancesAt(data, level);
    const x0 = new Float32Array(x.data.length);
    for (let i = 0; i < x0.length; i++) {
      const k = i % size;
      x0[i] = mean[k] + ((a * variance[k]) / total[k]) * (x.data[i] - a * mean[k]);
    }
    return { x0, epsilon: lincomb([[1 / b, x.data], [-a / b, x0]]) };
  };
}

/** Where the probability flow ODE takes x [batch, size] from one level to another. */
export function gaussianFlow(data: GaussianData, x: Float32Array, from: Level, to: Level): Float32Array {
  const [before, after] = [variancesAt(data, from), variancesAt(data, to)];
  return x.map((value, i) => {
    const k = i % before.length;
    return to.signalScale * data.mean[k] + Math.sqrt(after[k] / before[k]) * (value - from.signalScale * data.mean[k]);
  });
}
