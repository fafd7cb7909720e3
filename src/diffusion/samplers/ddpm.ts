/**
 * Ancestral sampling (DDPM): x_s ~ N(μ̃(x_t, x̂0), σ² I), the posterior with the estimate in the place of x0 and one of these variances:
 *
 *   small    σ² = β̃, the posterior's: exact if the data were one point
 *   large    σ² = β, the forward step's: exact if the data were unit Gaussian
 *   learned  ln σ² = f·ln β + (1 − f)·ln β̃, f = varianceFraction; at the last step, where β̃ = 0, nothing is drawn
 *
 * In the lecture's form the mean is x_t/√α_t − β_t/(√α_t √(1−ᾱ_t))·ε̂, the same where x̂0 is not clipped. The step to data adds no noise.
 * Sources: Ho et al. 2020, algorithm 2, §3.2 and eq. 11; Nichol and Dhariwal 2021, eq. 15.
 */
import { check } from '../../core/errors.ts';
import { lincomb } from '../../core/lincomb.ts';
import { posterior } from '../posterior.ts';
import type { Sampler } from '../sampler.ts';

export interface DdpmOptions {
  readonly variance?: 'small' | 'large' | 'learned';
}

export function ddpm({ variance = 'small' }: DdpmOptions = {}): Sampler {
  return () => async ({ x, from, to, denoise, noise }) => {
    const { x0, varianceFraction } = await denoise(x, from);
    const { coefXt, coefX0, variance: small, forwardVariance: large } = posterior(to, from);
    if (to.noiseScale === 0) return { x: lincomb([[coefXt, x], [coefX0, x0]]), x0 };
    if (variance !== 'learned') {
      return { x: lincomb([[coefXt, x], [coefX0, x0], [Math.sqrt(variance === 'small' ? small : large), noise()]]), x0 };
    }
    check(varianceFraction, 'ddpm', 'variance "learned" needs a denoiser that returns varianceFraction; use small or large');
    const next = lincomb([[coefXt, x], [coefX0, x0]]);
    const z = noise();
    const [logSmall, logLarge] = [Math.log(small), Math.log(large)];
    for (let i = 0; i < next.length; i++) {
      next[i] += Math.exp(0.5 * (varianceFraction[i] * logLarge + (1 - varianceFraction[i]) * logSmall)) * z[i];
    }
    return { x: next, x0 };
  };
}
