/**
 * Confidence intervals by resampling: a statistic is computed over n samples drawn with replacement, many times, and the interval lies
 * between the quantiles (1 − c)/2 and (1 + c)/2 of what came out. Source: Efron 1979; Efron and Tibshirani 1993, ch. 13 (percentile interval).
 *
 * A distance between sets (Fréchet) is biased upwards by resampling, as repeated samples shrink the spread: its interval then says how
 * much the value varies, not where it lies.
 */
import { check } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Standard deviation of the resampled statistic. */
  readonly standardError: number;
}

export interface BootstrapOptions {
  readonly resamples?: number;
  /** Probability that the interval should hold, between 0 and 1. */
  readonly confidence?: number;
  readonly seed?: Seed;
}

/** @param n how many samples there are. @param statistic of the samples with the given indices, with repetitions. */
export function bootstrapInterval(n: number, statistic: (indices: Uint32Array) => number, options: BootstrapOptions = {}): Interval {
  const { resamples = 1000, confidence = 0.95, seed = 0 } = options;
  check(n >= 1 && resamples >= 2, 'bootstrapInterval', () => `needs at least 1 sample and 2 resamples, but ${n} and ${resamples} came`);
  check(confidence > 0 && confidence < 1, 'bootstrapInterval', `confidence must lie between 0 and 1, but is ${confidence}`);
  const indices = new Uint32Array(n);
  const values = new Float64Array(resamples);
  const stream = createStream({ seed, purpose: 'evaluation', index: 2 ** 32 });
  for (let i = 0; i < resamples; i++) values[i] = statistic(stream.integers(indices, n, i));
  values.sort();
  const mean = values.reduce((sum, v) => sum + v, 0) / resamples;
  return {
    low: quantile(values, (1 - confidence) / 2),
    high: quantile(values, (1 + confidence) / 2),
    standardError: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (resamples - 1)),
  };
}

/** Linear interpolation between the order statistics. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** The interval of a mean (an accuracy, for instance: values of 0 and 1). */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  return bootstrapInterval(values.length, (indices) => {
    let sum = 0;
    for (const i of indices) sum += values[i];
    return sum / indices.length;
  }, options);
}
