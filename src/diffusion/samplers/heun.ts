/**
 * Heun's method for the probability flow ODE d(x/a)/dσ = (x/a − x̂0)/σ: an Euler step, then the step again with the mean of the slopes at
 * both ends (Karras et al. 2022, 2206.00364, algorithms 1 and 2; a = signalScale). Second order, two calls a step; the step to data and
 * one from infinite σ are Euler's.
 */
import { lincomb } from '../../core/lincomb.ts';
import type { Sampler } from '../sampler.ts';
import { applyChurn, type Churn } from './churn.ts';

export interface HeunOptions extends Churn {
  /**
   * Steps that divide σ by more than this are Euler's too. The paper has no such rule, and needs none on its own grids. The first step of a cosine schedule, from σ = 20,000
   * to 16 at 25 steps, does: Euler's step is nearly exact where noise hides the data, but the slope at the far end, times so wide a step, is not, and the
   * state comes out many times too large (as it does in diffusers). 100 serves.
   */
  readonly widest?: number;
}

export function heun({ widest = Infinity, ...options }: HeunOptions = {}): Sampler {
  return ({ schedule }) => {
    const churned = applyChurn(options, schedule);
    return async (input) => {
      const { x, from } = churned(input);
      const { to } = input;
      const { x0 } = await input.denoise(x, from);
      const shrink = to.noiseScale / from.noiseScale;
      const ahead = lincomb([[shrink, x], [to.signalScale - from.signalScale * shrink, x0]]);
      if (to.sigma === 0 || from.sigma === Infinity || from.sigma > widest * to.sigma) return { x: ahead, x0 };
      const { x0: x0Ahead } = await input.denoise(ahead, to);
      const half = (to.sigma - from.sigma) / 2;
      const [here, there] = [(to.signalScale * half) / from.sigma, (to.signalScale * half) / to.sigma]; // a_s·h/2 over each σ
      return {
        x: lincomb([[(to.signalScale + here) / from.signalScale, x], [-here, x0], [there / to.signalScale, ahead], [-there, x0Ahead]]),
        x0: x0Ahead,
      };
    };
  };
}
