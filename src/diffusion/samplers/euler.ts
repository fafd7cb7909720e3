/**
 * Euler's method for the probability flow ODE d(x/a)/dσ = (x/a − x̂0)/σ, a = signalScale (Karras et al. 2022, 2206.00364, eq. 1 and 3 and
 * algorithm 2 without its second order correction). In terms of x:
 *
 *   x_s = (b_s/b_t)·x_t + (a_s − a_t·b_s/b_t)·x̂0          b = noiseScale; finite also where σ is not
 *
 * The slope comes from x̂0, so clipping bends it; DDIM at η = 0 takes ε̂ instead and is the same where the two agree. First order.
 */
import { lincomb } from '../../core/lincomb.ts';
import type { Sampler } from '../sampler.ts';
import { applyChurn, type Churn } from './churn.ts';

export function euler(options: Churn = {}): Sampler {
  return ({ schedule }) => {
    const churned = applyChurn(options, schedule);
    return async (input) => {
      const { x, from } = churned(input);
      const { to } = input;
      const { x0 } = await input.denoise(x, from);
      const shrink = to.noiseScale / from.noiseScale;
      return { x: lincomb([[shrink, x], [to.signalScale - from.signalScale * shrink, x0]]), x0 };
    };
  };
}
