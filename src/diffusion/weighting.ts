/**
 * How much the loss of a level counts. A weighting is defined once, in x0 space, as λ(level) of the loss λ·|x̂0 − x0|²; since an output
 * out = p·x0 + q·ε moves by D/b where x̂0 moves by one (see prediction.ts), the same loss in any output is
 *
 *   λ·|x̂0 − x0|² = λ·(b/D)²·|out − target|²
 *
 * so ε-, x0-, v-, velocity- and mean-training of one weighting minimise one and the same thing. With SNR = a²/b²:
 *
 *   simple      λ = SNR            L_simple, weight 1 on ε: Ho et al. 2020, eq. 14
 *   x0          λ = 1              weight 1 on x0
 *   v           λ = SNR + 1        weight 1 on v (variance-preserving levels): Salimans and Ho 2022, table 1, "SNR + 1"
 *   velocity    λ = (1 + a/b)²     weight 1 on the velocity of a rectified flow
 *   minSnr(γ)   λ = min(SNR, γ)    Hang et al. 2023 (2303.09556), eq. 8
 */
import { check } from '../core/errors.ts';
import type { Level } from './level.ts';
import { linearForm, type Prediction } from './prediction.ts';

/** λ of a level: the weight of |x̂0 − x0|². */
export type Weighting = (level: Level) => number;

const snr = (level: Level): number => (level.signalScale / level.noiseScale) ** 2;

export const simpleWeighting: Weighting = snr;
export const x0Weighting: Weighting = () => 1;
export const vWeighting: Weighting = (level) => snr(level) + 1;
export const velocityWeighting: Weighting = (level) => (1 + level.signalScale / level.noiseScale) ** 2;

/** γ = 5 is the paper's choice. */
export function minSnrWeighting({ gamma = 5 } = {}): Weighting {
  check(gamma > 0, 'minSnrWeighting', () => `gamma must be positive but is ${gamma}`);
  return (level) => Math.min(snr(level), gamma);
}

/** The weight of |out − target|² that makes it λ·|x̂0 − x0|². `previous` is needed for `mean` only. Throws at data and where the prediction cannot be served. */
export function outputWeight(weighting: Weighting, prediction: Prediction, level: Level, previous?: Level): number {
  check(level.noiseScale > 0, 'outputWeight', 'clean data has no loss; sample levels above data');
  const { determinant } = linearForm(prediction, level, previous);
  return weighting(level) * (level.noiseScale / determinant) ** 2;
}
