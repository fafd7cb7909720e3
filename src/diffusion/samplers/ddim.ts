/**
 * DDIM: x_s = a_s·x̂0 + √(b_s² − σ²)·ε̂ + σ·z,  σ = η·√β̃  (Song, Meng, Ermon 2020, 2010.02502, eq. 12 and 16), a = signalScale,
 * b = noiseScale. η = 0 is deterministic, the probability flow ODE by Euler's method in σ; η = 1 is DDPM with variance β̃.
 */
import { check } from '../../core/errors.ts';
import { lincomb, type Term } from '../../core/lincomb.ts';
import { posterior } from '../posterior.ts';
import type { Sampler } from '../sampler.ts';

export interface DdimOptions {
  /** In [0, 1]. */
  readonly eta?: number;
}

export function ddim({ eta = 0 }: DdimOptions = {}): Sampler {
  check(eta >= 0 && eta <= 1, 'ddim', () => `eta must lie in [0, 1] but is ${eta}`);
  return () => async ({ x, from, to, denoise, noise }) => {
    const { x0, epsilon } = await denoise(x, from);
    const variance = eta === 0 ? 0 : eta ** 2 * posterior(to, from).variance;
    const terms: Term[] = [[to.signalScale, x0], [Math.sqrt(Math.max(0, to.noiseScale ** 2 - variance)), epsilon]];
    if (variance > 0) terms.push([Math.sqrt(variance), noise()]);
    return { x: lincomb(terms), x0 };
  };
}
