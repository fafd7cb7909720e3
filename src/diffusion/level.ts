/**
 * One noise level in every paper's coordinates. A noisy state is xt = signalScale·x0 + noiseScale·ε, ε ~ N(0, I):
 *
 *   σ = noiseScale/signalScale     the noise level of EDM (Karras et al. 2022), Infinity where no signal is left
 *   logSnr = ln(signalScale²/noiseScale²) = −2 ln σ     of variational diffusion models (Kingma et al. 2021), Infinity at data
 *
 * DDPM: signalScale = √ᾱ, noiseScale = √(1 − ᾱ). Variance exploding: 1 and σ. Rectified flow: 1 − t and t.
 */
import { check } from '../core/errors.ts';

export interface Level {
  /** Position on the schedule, 0 (data) to 1 (noisiest). */
  readonly t: number;
  /** What the network is told; of discrete schedules the index, counted from 0 at the first noisy state. May be fractional. */
  readonly timestep: number;
  readonly signalScale: number;
  readonly noiseScale: number;
  readonly sigma: number;
  readonly logSnr: number;
}

/**
 * Completes a level from its two scales. `sigma` may be given where it is known more exactly than the quotient.
 * Throws unless both scales are finite, not negative, and not both 0.
 */
export function makeLevel(given: { t: number; timestep: number; signalScale: number; noiseScale: number; sigma?: number }): Level {
  const { t, timestep, signalScale, noiseScale } = given;
  check(
    Number.isFinite(signalScale) && Number.isFinite(noiseScale) && signalScale >= 0 && noiseScale >= 0 && signalScale + noiseScale > 0,
    'makeLevel',
    () => `scales must be finite, not negative and not both 0, but signalScale is ${signalScale} and noiseScale ${noiseScale}`,
  );
  const sigma = given.sigma ?? noiseScale / signalScale;
  return { t, timestep, signalScale, noiseScale, sigma, logSnr: -2 * Math.log(sigma) };
}

/** The level of clean data: xt = x0. */
export const DATA_LEVEL: Level = { t: 0, timestep: -1, signalScale: 1, noiseScale: 0, sigma: 0, logSnr: Infinity };

/** A variance-preserving level (signalScale² + noiseScale² = 1) from σ in [0, Infinity]. */
export function variancePreservingLevel(t: number, timestep: number, sigma: number): Level {
  const signalScale = 1 / Math.sqrt(1 + sigma * sigma);
  return makeLevel({ t, timestep, signalScale, noiseScale: sigma === Infinity ? 1 : sigma * signalScale, sigma });
}

/** For messages: `t 0.25 (timestep 249, σ 0.71)`. */
export const showLevel = (level: Level): string => `t ${+level.t.toPrecision(6)} (timestep ${+level.timestep.toPrecision(6)}, σ ${+level.sigma.toPrecision(4)})`;
