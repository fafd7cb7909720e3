/**
 * Which level a training example is shown at. A level sampling is a function of the example's own stream (and index), so it is the same
 * at any batch size and needs nothing stored.
 *
 *   uniform      i ~ U{0, …, T − 1}: Ho et al. 2020, algorithm 1
 *   continuous   t ~ U(0, 1]: levels between the indices too
 *   stratified   the k-th example of every group of n is drawn from the k-th n-th of the range: the same marginal, less variance
 *                (Kingma et al. 2021, §I.1, with an independent draw in each stratum)
 */
import { check } from '../core/errors.ts';
import type { Stream } from '../core/rng.ts';
import type { Level } from './level.ts';
import type { DiscreteSchedule, Schedule } from './schedule.ts';

export interface SampledLevel {
  readonly level: Level;
  /** Corrects the loss where levels are not drawn by their natural frequency: 1 if they are. */
  readonly weight: number;
}
export type LevelSampling = (stream: Stream, index: number, draw: number) => SampledLevel;

/** In stratum k of n, u becomes (k + u)/n; n = 1 leaves it. */
function stratify(u: number, index: number, strata: number): number {
  return ((index % strata) + u) / strata;
}

function checkStrata(strata: number): void {
  check(Number.isInteger(strata) && strata >= 1, 'level sampling', () => `strata must be a positive integer (the batch size, usually) but is ${strata}`);
}

/** Each index of the schedule equally often. */
export function uniformLevels(schedule: DiscreteSchedule, { strata = 1 } = {}): LevelSampling {
  checkStrata(strata);
  return (stream, index, draw) => ({ level: schedule.level(Math.floor(stratify(stream.uniform(draw), index, strata) * schedule.T)), weight: 1 });
}

/** Each t in (0, 1] equally often. */
export function continuousLevels(schedule: Schedule, { strata = 1 } = {}): LevelSampling {
  checkStrata(strata);
  return (stream, index, draw) => ({ level: schedule.levelAt(1 - stratify(stream.uniform(draw), index, strata)), weight: 1 });
}
