/**
 * Keeping the estimate of x0 in range. Both wrappers replace x0 and leave ε; `rederiveEpsilon` makes them agree again, which OpenAI's
 * DDIM does and diffusers' does not unless asked.
 *
 *   clipX0             x0 ← clip(x0, −limit, limit): Ho et al. 2020's code
 *   dynamicThreshold   s = the quantile of |x0| of each sample, clipped to [1, maximum];  x0 ← clip(x0, −s, s)/s:
 *                      Saharia et al. 2022 (Imagen, 2205.11487), §2.3
 */
import { check } from '../core/errors.ts';
import { lincomb } from '../core/lincomb.ts';
import type { Denoiser } from './denoiser.ts';

const clip = (value: number, limit: number): number => (value > limit ? limit : value < -limit ? -limit : value);

/** Static clipping; pixel data lies in [−1, 1]. */
export function clipX0(denoiser: Denoiser, { limit = 1 } = {}): Denoiser {
  check(limit > 0, 'clipX0', () => `limit must be positive but is ${limit}`);
  return async (x, level, condition) => {
    const denoised = await denoiser(x, level, condition);
    return { ...denoised, x0: denoised.x0.map((value) => clip(value, limit)) };
  };
}

/** The quantile of sorted numbers, linear between order statistics. */
function quantileOf(sorted: Float32Array, quantile: number): number {
  const position = quantile * (sorted.length - 1);
  const low = Math.floor(position);
  return sorted[low] + (position - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Dynamic thresholding, for high guidance scales in pixel space. `maximum` bounds the threshold: 1 makes it static clipping. */
export function dynamicThreshold(denoiser: Denoiser, { quantile = 0.995, maximum = Infinity } = {}): Denoiser {
  check(quantile > 0 && quantile <= 1, 'dynamicThreshold', () => `quantile must lie in (0, 1] but is ${quantile}`);
  check(maximum >= 1, 'dynamicThreshold', () => `maximum must be at least 1 but is ${maximum}`);
  return async (x, level, condition) => {
    const denoised = await denoiser(x, level, condition);
    const x0 = new Float32Array(denoised.x0.length);
    const size = x0.length / x.shape[0];
    for (let from = 0; from < x0.length; from += size) {
      const row = denoised.x0.subarray(from, from + size);
      const threshold = Math.min(Math.max(quantileOf(row.map(Math.abs).sort(), quantile), 1), maximum);
      for (let i = 0; i < size; i++) x0[from + i] = clip(row[i], threshold) / threshold;
    }
    return { ...denoised, x0 };
  };
}

/** Replaces ε by (xt − signalScale·x0)/noiseScale, so that both estimates describe the same xt. */
export function rederiveEpsilon(denoiser: Denoiser): Denoiser {
  return async (x, level, condition) => {
    const denoised = await denoiser(x, level, condition);
    const { signalScale: a, noiseScale: b } = level;
    return { ...denoised, epsilon: lincomb([[1 / b, x.data], [-a / b, denoised.x0]]) };
  };
}
