/**
 * The forward process, which turns data into noise.
 *
 *   chain step    q(x_t | x_s) = N(scale·x_s, variance·I),  scale = a_t/a_s,  variance = b_t² − scale²·b_s²
 *                 of neighbouring levels of a DDPM schedule: N(√α_t x_{t−1}, β_t I)
 *   closed form   q(x_t | x_0) = N(a_t x_0, b_t² I)
 *   its end       KL(q(x_T | x_0) ‖ N(0, I)) = ½(b² + a²x0² − 1 − ln b²) a dimension: how far x_T is from a unit Gaussian
 *
 * with a = signalScale, b = noiseScale. Sources: Ho, Jain, Abbeel 2020, eq. 2 and 4; Kingma et al. 2021 (2107.00630), eq. 20, whose
 * b_t²·(1 − SNR_t/SNR_s) is the variance used here, since it does not cancel.
 */
import { check } from '../core/errors.ts';
import { lincomb } from '../core/lincomb.ts';
import { showLevel, type Level } from './level.ts';

export interface Transition {
  readonly scale: number;
  readonly variance: number;
}

/** Coefficients of q(x_t | x_s), s the cleaner of the two levels. Throws when t is cleaner than s. */
export function transition(s: Level, t: Level): Transition {
  check(t.sigma >= s.sigma && s.signalScale > 0, 'transition', () => `noise can only be added, but ${showLevel(t)} does not lie above ${showLevel(s)}`);
  if (s === t || t.sigma === s.sigma) return { scale: t.signalScale / s.signalScale, variance: 0 };
  const ratio = s.sigma / t.sigma; // √(SNR_t/SNR_s)
  return { scale: t.signalScale / s.signalScale, variance: t.noiseScale ** 2 * (1 - ratio) * (1 + ratio) };
}

/** x_t from x_s and a unit normal draw: one step of the chain, or a jump over several. */
export function chainStep(xs: Float32Array, s: Level, t: Level, noise: Float32Array, out?: Float32Array): Float32Array {
  const { scale, variance } = transition(s, t);
  return lincomb([[scale, xs], [Math.sqrt(variance), noise]], out);
}

/** x_t from x_0 and a unit normal draw, in closed form. */
export function addNoise(x0: Float32Array, level: Level, noise: Float32Array, out?: Float32Array): Float32Array {
  return lincomb([[level.signalScale, x0], [level.noiseScale, noise]], out);
}

/** KL(q(x_t | x_0) ‖ N(0, I)) in nats a dimension, averaged over the elements of x0. */
export function klToUnitGaussian(x0: Float32Array, level: Level): number {
  const variance = level.noiseScale ** 2;
  let squares = 0;
  for (let i = 0; i < x0.length; i++) squares += (level.signalScale * x0[i]) ** 2;
  return 0.5 * (squares / x0.length + variance - 1 - Math.log(variance));
}
