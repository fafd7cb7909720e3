/**
 * DPM-Solver++(2M): the probability flow ODE in λ = ln(a/b) = −ln σ, its linear part solved exactly and x̂0 extrapolated from two steps:
 *
 *   D = x̂0 + (h/2h′)·(x̂0 − x̂0′)                          h = λ_s − λ_t, primes are of the step before
 *   x_s = (b_s/b_t)·x_t + a_s·(1 − e^(−h))·D,  e^(−h) = σ_s/σ_t
 *
 * (Lu et al. 2022, 2211.01095, algorithm 2; a = signalScale, b = noiseScale.) Second order at one call a step. The first step, the one to
 * data (h infinite) and, below `lowerOrderBelow` steps, also the last one are first order, which is Euler's method; a first step from infinite
 * σ makes h′ infinite, so the next is first order too.
 */
import { lincomb } from '../../core/lincomb.ts';
import type { Sampler } from '../sampler.ts';

export interface DpmSolverOptions {
  /** Grids with fewer steps than this end with a first-order step even where they do not end at data. 0: never. */
  readonly lowerOrderBelow?: number;
}

export function dpmSolverPp2M({ lowerOrderBelow = 15 }: DpmSolverOptions = {}): Sampler {
  return () => {
    let before: { x0: Float32Array; h: number } | undefined;
    return async ({ x, from, to, step, steps, denoise }) => {
      const { x0 } = await denoise(x, from);
      const h = Math.log(from.sigma / to.sigma);
      const decay = to.sigma / from.sigma;
      const [carry, gain] = [to.noiseScale / from.noiseScale, to.signalScale * (1 - decay)];
      const firstOrder = before === undefined || to.sigma === 0 || (step === steps - 1 && steps < lowerOrderBelow);
      const ahead = firstOrder ? 0 : h / (2 * before!.h);
      const next = ahead === 0 ? lincomb([[carry, x], [gain, x0]]) : lincomb([[carry, x], [gain * (1 + ahead), x0], [-gain * ahead, before!.x0]]);
      before = { x0, h };
      return { x: next, x0 };
    };
  };
}
