/**
 * The decay d of the exponential moving average of the weights, e ← d·e + (1 − d)·w, as a function of the number n of updates made before.
 * Only trainable values are averaged, by construction: frozen parameters and buffers are not in the vector.
 *
 *   none            d
 *   ratio           min(d, (1 + n)/(10 + n))                   TensorFlow's ExponentialMovingAverage(num_updates)
 *   inverse-gamma   min(d, 1 − (1 + n/γ)^(−p))                 K. Crowson's k-diffusion; diffusers' EMAModel(use_ema_warmup)
 *
 * Without a warm-up the average holds the random initial weights for about 1/(1 − d) updates: at d = 0.9999 that is the first ten thousand.
 */
import { check, oneOf } from '../core/errors.ts';

export interface EmaOptions {
  /** Largest decay, in [0, 1]. */
  readonly decay?: number;
  readonly warmup?: EmaWarmup;
  /** γ of `inverse-gamma`. */
  readonly inverseGamma?: number;
  /** p of `inverse-gamma`: 2/3 reaches 0.999 after 31.6 k updates, 3/4 after 10 k. */
  readonly power?: number;
}
export type EmaSettings = Required<EmaOptions>;
export type EmaWarmup = 'none' | 'ratio' | 'inverse-gamma';

export const EMA_DEFAULTS: EmaSettings = { decay: 0.999, warmup: 'ratio', inverseGamma: 1, power: 3 / 4 };

const WARMUPS: Readonly<Record<EmaWarmup, (n: number, settings: EmaSettings) => number>> = {
  none: () => 1,
  ratio: (n) => (1 + n) / (10 + n),
  'inverse-gamma': (n, { inverseGamma, power }) => 1 - (1 + n / inverseGamma) ** -power,
};

/** Fills in defaults and checks ranges. */
export function emaSettings(options: EmaOptions = {}): EmaSettings {
  const settings = { ...EMA_DEFAULTS, ...options };
  oneOf('EMA warm-up', WARMUPS, settings.warmup);
  check(settings.decay >= 0 && settings.decay <= 1, 'ema', `decay must be in [0, 1], got ${settings.decay}`);
  check(settings.inverseGamma > 0, 'ema', `inverseGamma must be positive, got ${settings.inverseGamma}`);
  check(settings.power > 0, 'ema', `power must be positive, got ${settings.power}`);
  return settings;
}

/** The decay for the next update, when `updates` were made before it. */
export const emaDecay = (settings: EmaSettings, updates: number): number => Math.min(settings.decay, WARMUPS[settings.warmup](updates, settings));

/**
 * The decay per update that halves a weight's share every `halfLife` images: 2^(−batch/halfLife), as in Karras et al. 2022 (EDM), whose
 * CIFAR-10 runs use half a million images.
 */
export function decayOfHalfLife(halfLife: number, batch: number): number {
  check(halfLife > 0 && batch > 0, 'decayOfHalfLife', `half-life and batch must be positive, got ${halfLife} and ${batch}`);
  return 2 ** (-batch / halfLife);
}
