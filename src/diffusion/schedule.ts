/**
 * Noise schedules: how much noise at which time. A discrete one is DDPM's chain of T steps with variances β_i,
 *
 *   α_i = 1 − β_i,  ᾱ_i = ∏_{j ≤ i} α_j,  signalScale = √ᾱ_i,  noiseScale = √(1 − ᾱ_i)
 *
 * (Ho, Jain, Abbeel 2020, eq. 2 and 4). The index i counts from 0, so the lecture's t is i + 1 and ᾱ before index 0 is 1. Tables are
 * double precision. Between two indices ln σ is interpolated linearly, as in k-diffusion; between data and index 0, σ itself.
 */
import { check } from '../core/errors.ts';
import { DATA_LEVEL, makeLevel, variancePreservingLevel, type Level } from './level.ts';

export interface Schedule {
  readonly name: string;
  /** Clean data: t = 0. */
  readonly data: Level;
  /** The cleanest level that a network is trained at. */
  readonly cleanest: Level;
  /** The noisiest level: t = 1. */
  readonly noisiest: Level;
  /** The level at time t in [0, 1]. */
  levelAt(t: number): Level;
  /** The level with that σ in [0, ∞). Above the schedule's largest σ, t and the timestep stay at their largest. */
  levelAtSigma(sigma: number): Level;
}

export interface DiscreteSchedule extends Schedule {
  /** The number of steps of the chain. */
  readonly T: number;
  readonly betas: Float64Array;
  readonly alphas: Float64Array;
  readonly alphaBars: Float64Array;
  /** The level at index −1 (data) … T − 1 (noisiest); fractional indices are interpolated. */
  level(index: number): Level;
}

export interface DiscreteTables {
  readonly name: string;
  /** β_i in (0, 1]; or give `alphaBars`. */
  readonly betas?: ArrayLike<number>;
  /** ᾱ_i in [0, 1), falling. Given with `betas`, both are taken as they are (tables that some program rounded, for instance). */
  readonly alphaBars?: ArrayLike<number>;
  /** The network is told timestepScale·index: 1000/T for OpenAI's `rescale_timesteps`. */
  readonly timestepScale?: number;
}

/** Makes a discrete schedule out of its βs, its ᾱs, or both. Throws when a table is empty or out of range. */
export function discreteSchedule(tables: DiscreteTables): DiscreteSchedule {
  const { name, timestepScale = 1 } = tables;
  const T = (tables.betas ?? tables.alphaBars ?? []).length;
  check(T >= 1, 'discreteSchedule', `${name} needs betas or alphaBars with at least one entry`);
  check(tables.alphaBars === undefined || tables.alphaBars.length === T, 'discreteSchedule', () => `${name} has ${T} betas but ${tables.alphaBars!.length} alphaBars`);
  const betas = new Float64Array(T);
  const alphas = new Float64Array(T);
  const alphaBars = new Float64Array(T);
  const levels: Level[] = [];
  // 1 − ᾱ_i = (1 − ᾱ_{i−1}) + ᾱ_{i−1} β_i: a sum of positive terms, where 1 − ᾱ would lose the digits of a small β.
  for (let i = 0, before = 1, noiseBefore = 0; i < T; i++) {
    const given = tables.alphaBars?.[i];
    betas[i] = tables.betas?.[i] ?? 1 - given! / before;
    check(betas[i] > 0 && betas[i] <= 1, 'discreteSchedule', () => `${name}: every beta must lie in (0, 1] but the one at index ${i} of ${T} is ${betas[i]}; fewer steps need smaller betas`);
    check(before > 0, 'discreteSchedule', () => `${name}: only the last alphaBar may be 0, but that of index ${i - 1} of ${T} is`);
    alphas[i] = 1 - betas[i];
    alphaBars[i] = given ?? before * alphas[i];
    const noiseVariance = given === undefined ? noiseBefore + before * betas[i] : 1 - given;
    levels.push(makeLevel({ t: (i + 1) / T, timestep: i * timestepScale, signalScale: Math.sqrt(alphaBars[i]), noiseScale: Math.sqrt(noiseVariance) }));
    before = alphaBars[i];
    noiseBefore = noiseVariance;
  }

  const between = (index: number, sigma: number): Level => variancePreservingLevel((index + 1) / T, Math.max(0, index) * timestepScale, sigma);

  function level(index: number): Level {
    check(index >= -1 && index <= T - 1, `schedule ${name}`, () => `the index must lie in [-1, ${T - 1}] but is ${index}`);
    const low = Math.floor(index);
    const fraction = index - low;
    if (fraction === 0) return low < 0 ? DATA_LEVEL : levels[low];
    const above = levels[low + 1].sigma;
    if (low < 0) return between(index, fraction * above);
    check(above < Infinity, `schedule ${name}`, () => `no level lies between index ${low} and ${low + 1}, where no signal is left; use whole indices`);
    return between(index, Math.exp((1 - fraction) * Math.log(levels[low].sigma) + fraction * Math.log(above)));
  }

  return {
    name, T, betas, alphas, alphaBars, level,
    data: DATA_LEVEL,
    cleanest: levels[0],
    noisiest: levels[T - 1],
    levelAt(t) {
      check(t >= 0 && t <= 1, `schedule ${name}`, () => `t must lie in [0, 1] but is ${t}`);
      const index = t * T - 1;
      const nearest = Math.round(index); // (i + 1)/T·T − 1 may miss i by a rounding
      return level(Math.abs(index - nearest) < 1e-9 * T ? nearest : index);
    },
    levelAtSigma(sigma) {
      check(sigma >= 0 && sigma < Infinity, `schedule ${name}`, () => `σ must be finite and not negative but is ${sigma}`);
      if (sigma === 0) return DATA_LEVEL;
      if (sigma < levels[0].sigma) return between(sigma / levels[0].sigma - 1, sigma);
      let low = 0; // the last index with levels[low].sigma ≤ sigma
      for (let high = T; high - low > 1; ) {
        const middle = (low + high) >>> 1;
        if (levels[middle].sigma <= sigma) low = middle;
        else high = middle;
      }
      if (levels[low].sigma === sigma) return levels[low];
      const above = levels[low + 1]?.sigma ?? Infinity;
      if (above === Infinity) return between(low, sigma);
      return between(low + Math.log(sigma / levels[low].sigma) / Math.log(above / levels[low].sigma), sigma);
    },
  };
}

/** The level one step of the chain before `level`: where `mean` prediction leads. Data at index 0 and below. */
export const previousLevel = (schedule: DiscreteSchedule) => (level: Level): Level => schedule.levelAt(Math.max(0, level.t - 1 / schedule.T));
