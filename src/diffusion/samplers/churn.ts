/**
 * Churn: before a step, noise is added to go from σ up to σ̂ = σ(1 + γ), γ = min(churn/steps, √2 − 1), where sigmaMin ≤ σ ≤ sigmaMax:
 *
 *   x/a ← x/a + √(σ̂² − σ²)·noiseFactor·z       Karras et al. 2022 (2206.00364), algorithm 2, lines 4 to 6; a = signalScale
 */
import { check } from '../../core/errors.ts';
import { lincomb } from '../../core/lincomb.ts';
import type { Level } from '../level.ts';
import type { StepInput } from '../sampler.ts';
import type { Schedule } from '../schedule.ts';

export interface Churn {
  /** S_churn: 0 is deterministic. */
  readonly churn?: number;
  /** S_min and S_max. */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** S_noise. */
  readonly noiseFactor?: number;
}

/** The state and level that the step starts from after churning; the very same ones where γ = 0 or σ is infinite. */
export function applyChurn({ churn = 0, sigmaMin = 0, sigmaMax = Infinity, noiseFactor = 1 }: Churn, schedule: Schedule): (input: StepInput) => { x: Float32Array; from: Level } {
  check(churn >= 0, 'churn', () => `must not be negative but is ${churn}`);
  return ({ x, from, steps, noise }) => {
    const gamma = Math.min(churn / steps, Math.SQRT2 - 1);
    if (gamma === 0 || from.sigma < sigmaMin || from.sigma > sigmaMax || from.sigma === Infinity) return { x, from };
    const up = schedule.levelAtSigma(from.sigma * (1 + gamma));
    const added = Math.sqrt(up.sigma ** 2 - from.sigma ** 2) * noiseFactor;
    return { x: lincomb([[up.signalScale / from.signalScale, x], [up.signalScale * added, noise()]]), from: up };
  };
}
