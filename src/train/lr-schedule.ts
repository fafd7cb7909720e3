/**
 * The learning rate as a function of the step k = 0, 1, …: a linear warm-up over W steps, then a decay. With N the total number of steps,
 * x = (k − W)/(N − W) the share done after warm-up, p the peak and f the floor as a fraction of it:
 *
 *   warm-up        p·(k + 1)/W                 the first step already moves
 *   constant       p
 *   linear         p·(f + (1 − f)(1 − x))
 *   cosine         p·(f + (1 − f)(1 + cos πx)/2)       Loshchilov, Hutter, "SGDR", ICLR 2017, eq. 5, without restarts
 *   inverse-sqrt   p·max(f, 1/√max(1, k/R))            Karras et al. 2024 (EDM2), appendix B; R the step from which it falls
 *
 * After N steps the rate stays at its last value.
 */
import { check, oneOf } from '../core/errors.ts';

export interface LrScheduleOptions {
  /** The rate after warm-up. */
  readonly peak: number;
  readonly warmupSteps?: number;
  readonly decay?: LrDecay;
  /** N; needed by `linear` and `cosine`. */
  readonly totalSteps?: number;
  /** Fraction of the peak below which the rate does not fall. */
  readonly floor?: number;
  /** R of `inverse-sqrt`; absent: the end of the warm-up. */
  readonly decayFrom?: number;
}
export type LrDecay = 'constant' | 'linear' | 'cosine' | 'inverse-sqrt';
export type LrSchedule = (step: number) => number;

const DECAYS: Readonly<Record<LrDecay, (share: number, step: number, decayFrom: number) => number>> = {
  constant: () => 1,
  linear: (share) => 1 - share,
  cosine: (share) => (1 + Math.cos(Math.PI * share)) / 2,
  'inverse-sqrt': (_, step, decayFrom) => 1 / Math.sqrt(Math.max(1, step / decayFrom)),
};

/** Makes the schedule. Throws on rates, counts and fractions out of range, and when a decay lacks its total. */
export function lrSchedule(options: LrScheduleOptions): LrSchedule {
  const { peak, warmupSteps = 0, decay = 'constant', totalSteps, floor = 0, decayFrom = Math.max(1, warmupSteps) } = options;
  const fall = oneOf('learning-rate decay', DECAYS, decay);
  check(Number.isFinite(peak) && peak > 0, 'lrSchedule', `the peak must be a positive number, got ${peak}`);
  check(Number.isInteger(warmupSteps) && warmupSteps >= 0, 'lrSchedule', `warmupSteps must be a whole number from 0, got ${warmupSteps}`);
  check(floor >= 0 && floor <= 1, 'lrSchedule', `floor is a fraction of the peak in [0, 1], got ${floor}`);
  check(decayFrom > 0, 'lrSchedule', `decayFrom must be positive, got ${decayFrom}`);
  const needsTotal = decay === 'linear' || decay === 'cosine';
  check(!needsTotal || (totalSteps !== undefined && totalSteps > warmupSteps), 'lrSchedule', `${decay} needs totalSteps above the ${warmupSteps} warm-up steps, got ${totalSteps}`);
  const span = needsTotal ? totalSteps! - warmupSteps : 1;
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
    const share = Math.min(1, (step - warmupSteps) / span);
    const value = fall(share, step, decayFrom);
    return peak * (decay === 'inverse-sqrt' ? Math.max(floor, value) : floor + (1 - floor) * value);
  };
}
