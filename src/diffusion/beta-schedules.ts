/**
 * The usual discrete noise schedules.
 *
 *   linear          β from βstart to βend in equal steps: DDPM, Ho et al. 2020, §4 (1e-4 to 0.02 at T = 1000)
 *   scaled linear   √β in equal steps: latent diffusion, whose own name for it is "linear"
 *   cosine          ᾱ(t) = f(t)/f(0), f(t) = cos²(π/2·(t + s)/(1 + s)), β_i = min(1 − ᾱ((i+1)/T)/ᾱ(i/T), βmax):
 *                   Nichol and Dhariwal 2021, eq. 17
 *   zero-SNR        any of them, √ᾱ shifted and scaled so that the last ᾱ is 0: Lin et al. 2023 (2305.08891), algorithm 1
 */
import { check } from '../core/errors.ts';
import { discreteSchedule, type DiscreteSchedule } from './schedule.ts';

const lastIndex = (T: number): number => Math.max(1, T - 1);

export interface BetaOptions {
  /** Steps of the chain, 1000 unless given. */
  readonly T?: number;
  readonly betaStart?: number;
  readonly betaEnd?: number;
  /** See discreteSchedule. */
  readonly timestepScale?: number;
}

function checkSteps(where: string, T: number): void {
  check(Number.isInteger(T) && T >= 1, where, () => `T must be a positive integer but is ${T}`);
}

/** The defaults are DDPM's range at T = 1000 and scale with 1000/T, as Nichol and Dhariwal do; below T = 20 give a range. */
export function linearSchedule({ T = 1000, betaStart = 0.1 / T, betaEnd = 20 / T, timestepScale = 1 }: BetaOptions = {}): DiscreteSchedule {
  checkSteps('linearSchedule', T);
  const betas = Float64Array.from({ length: T }, (_, i) => betaStart + ((betaEnd - betaStart) * i) / lastIndex(T));
  return discreteSchedule({ name: 'linear', betas, timestepScale });
}

/** The defaults are those of Stable Diffusion. */
export function scaledLinearSchedule({ T = 1000, betaStart = 0.00085, betaEnd = 0.012, timestepScale = 1 }: BetaOptions = {}): DiscreteSchedule {
  checkSteps('scaledLinearSchedule', T);
  const [start, end] = [Math.sqrt(betaStart), Math.sqrt(betaEnd)];
  const betas = Float64Array.from({ length: T }, (_, i) => (start + ((end - start) * i) / lastIndex(T)) ** 2);
  return discreteSchedule({ name: 'scaled-linear', betas, timestepScale });
}

/** s keeps the first βs from vanishing, βmax the last from being a jump to pure noise. */
export function cosineSchedule({ T = 1000, s = 0.008, betaMax = 0.999, timestepScale = 1 } = {}): DiscreteSchedule {
  checkSteps('cosineSchedule', T);
  const f = (t: number): number => Math.cos((((t + s) / (1 + s)) * Math.PI) / 2) ** 2;
  const betas = Float64Array.from({ length: T }, (_, i) => Math.min(1 - f((i + 1) / T) / f(i / T), betaMax));
  return discreteSchedule({ name: 'cosine', betas, timestepScale });
}

/** The same schedule ending in pure noise (σ = Infinity, so ε cannot be predicted there). Needs T ≥ 2. */
export function withZeroTerminalSnr(schedule: DiscreteSchedule): DiscreteSchedule {
  const { T, alphaBars } = schedule;
  check(T >= 2, 'withZeroTerminalSnr', () => `needs a schedule of at least 2 steps but ${schedule.name} has ${T}`);
  const [first, last] = [Math.sqrt(alphaBars[0]), Math.sqrt(alphaBars[T - 1])];
  const rescaled = alphaBars.map((alphaBar) => (((Math.sqrt(alphaBar) - last) * first) / (first - last)) ** 2);
  return discreteSchedule({ name: `${schedule.name}, zero terminal SNR`, alphaBars: rescaled, timestepScale: T > 1 ? schedule.noisiest.timestep / (T - 1) : 1 });
}
