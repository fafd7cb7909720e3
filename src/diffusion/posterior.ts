/**
 * The posterior q(x_s | x_t, x_0) = N(μ̃, β̃ I) of a cleaner level s given a noisier one t and the data, in both of the lecture's forms:
 *
 *   μ̃ = √α_t (1−ᾱ_s)/(1−ᾱ_t) · x_t + √ᾱ_s β_t/(1−ᾱ_t) · x_0
 *      = (√α_t/β_t · x_t + √ᾱ_s/(1−ᾱ_s) · x_0) / (α_t/β_t + 1/(1−ᾱ_s))         weights are precisions
 *   β̃ = (1−ᾱ_s)/(1−ᾱ_t) · β_t
 *
 * where α_t = ᾱ_t/ᾱ_s and β_t are those of the step s → t: neighbours in training, any two levels when sampling with fewer steps.
 * Sources: Ho, Jain, Abbeel 2020, eq. 6 and 7; Nichol and Dhariwal 2021, §3.1 for the clipping of ln β̃.
 */
import { check } from '../core/errors.ts';
import { lincomb } from '../core/lincomb.ts';
import { transition } from './forward.ts';
import { showLevel, type Level } from './level.ts';
import type { DiscreteSchedule } from './schedule.ts';

export interface Posterior {
  /** The mean is coefXt·x_t + coefX0·x_0. */
  readonly coefXt: number;
  readonly coefX0: number;
  /** β̃, 0 when s is data. */
  readonly variance: number;
  /** β_t, the variance of the forward step: the other fixed choice of a reverse variance. */
  readonly forwardVariance: number;
}

/** Coefficients of q(x_s | x_t, x_0). Throws unless t is noisier than s. */
export function posterior(s: Level, t: Level): Posterior {
  check(t.sigma > s.sigma, 'posterior', () => `${showLevel(t)} must be noisier than ${showLevel(s)}`);
  const { scale, variance: forwardVariance } = transition(s, t);
  const shrink = (s.noiseScale / t.noiseScale) ** 2; // (1−ᾱ_s)/(1−ᾱ_t)
  return {
    coefXt: scale * shrink,
    coefX0: (s.signalScale * forwardVariance) / t.noiseScale ** 2,
    variance: shrink * forwardVariance,
    forwardVariance,
  };
}

/** The same in the precision-weighted form. Throws at s = data, where the precision of x_0 is infinite. */
export function posteriorByPrecision(s: Level, t: Level): Posterior {
  check(s.noiseScale > 0, 'posteriorByPrecision', 'the step to data has infinite precision; use posterior, which has the limit');
  const { scale, variance: beta } = transition(s, t);
  const precision = scale ** 2 / beta + 1 / s.noiseScale ** 2; // α_t/β_t + 1/(1−ᾱ_s)
  return { coefXt: scale / beta / precision, coefX0: s.signalScale / s.noiseScale ** 2 / precision, variance: 1 / precision, forwardVariance: beta };
}

/** μ̃ for arrays of the same length. */
export function posteriorMean(x0: Float32Array, xt: Float32Array, s: Level, t: Level, out?: Float32Array): Float32Array {
  const { coefXt, coefX0 } = posterior(s, t);
  return lincomb([[coefXt, xt], [coefX0, x0]], out);
}

export interface PosteriorTables {
  readonly coefXt: Float64Array;
  readonly coefX0: Float64Array;
  readonly variance: Float64Array;
  /** ln β̃, where β̃ of index 0, which is 0, is replaced by that of index 1. */
  readonly logVarianceClipped: Float64Array;
}

/** The tables of all steps i → i − 1 of a chain, by index. */
export function posteriorTables(schedule: DiscreteSchedule): PosteriorTables {
  const steps = Array.from({ length: schedule.T }, (_, i) => posterior(schedule.level(i - 1), schedule.level(i)));
  const variance = Float64Array.from(steps, (step) => step.variance);
  return {
    coefXt: Float64Array.from(steps, (step) => step.coefXt),
    coefX0: Float64Array.from(steps, (step) => step.coefX0),
    variance,
    logVarianceClipped: variance.map((value, i) => Math.log(i === 0 && schedule.T > 1 ? variance[1] : value)),
  };
}
