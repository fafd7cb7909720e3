/**
 * The levels that a sampling run visits: a list of (from, to) pairs. Ours always lead to the next level of the grid, and the last one to
 * data. `stridedGrid` reproduces programs that lead to t − T/n instead, wherever the next level is.
 *
 *   trailing   T, T − T/n, …, T/n (counted from 1): starts at the noisiest level
 *   leading    (n − 1)·⌊T/n⌋, …, 0, plus an offset: what DDIM's code did; never sees the noisiest levels
 *   linspace   T − 1, …, 0 in n equal, rounded steps
 *   uniform    t = 1, (n − 1)/n, …, 1/n, unrounded: the network must take fractional timesteps
 *   karras     σ in equal steps of σ^(1/ρ): Karras et al. 2022 (2206.00364), eq. 5
 *
 * Names of the first three: Lin et al. 2023 (2305.08891), table 2.
 */
import { check, oneOf } from '../core/errors.ts';
import { showLevel, type Level } from './level.ts';
import type { DiscreteSchedule, Schedule } from './schedule.ts';

export interface GridStep {
  readonly from: Level;
  readonly to: Level;
}
export type Grid = readonly GridStep[];

export type Spacing = 'trailing' | 'leading' | 'linspace' | 'uniform';

/** Pairs each level with the next. At least two levels. */
export function gridOf(levels: readonly Level[]): Grid {
  check(levels.length >= 2, 'gridOf', () => `needs at least two levels but has ${levels.length}`);
  return levels.slice(1).map((to, i) => ({ from: levels[i], to }));
}

/** The same, with data appended; levels must fall. */
export function gridToData(levels: readonly Level[], data: Level): Grid {
  const grid = gridOf([...levels, data]);
  for (const { from, to } of grid) check(to.sigma < from.sigma, 'gridToData', () => `levels must become cleaner, but ${showLevel(to)} follows ${showLevel(from)}`);
  return grid;
}

/** Half to even, as NumPy and Python round: grids of other programs depend on it. */
function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}

const INDICES: Readonly<Record<Spacing, (T: number, steps: number) => readonly number[]>> = {
  trailing: (T, steps) => Array.from({ length: steps }, (_, k) => roundHalfEven(T - k * (T / steps)) - 1),
  leading: (T, steps) => Array.from({ length: steps }, (_, k) => (steps - 1 - k) * Math.floor(T / steps)),
  linspace: (T, steps) => Array.from({ length: steps }, (_, k) => roundHalfEven((steps - 1 - k) * ((T - 1) / Math.max(1, steps - 1)))),
  uniform: (T, steps) => Array.from({ length: steps }, (_, k) => ((steps - k) * T) / steps - 1),
};

export interface SpacingOptions {
  readonly steps: number;
  readonly spacing?: Spacing;
  /** Added to every index: `leading` with 1 is Stable Diffusion's. */
  readonly offset?: number;
}

/** The schedule indices visited, falling. Throws when there are more steps than the chain has. */
export function gridIndices(T: number, { steps, spacing = 'trailing', offset = 0 }: SpacingOptions): readonly number[] {
  check(Number.isInteger(steps) && steps >= 1, 'gridIndices', () => `steps must be a positive integer but is ${steps}`);
  check(steps <= T, 'gridIndices', () => `the schedule has ${T} steps, so a grid has at most ${T}, but ${steps} were asked for`);
  check(spacing !== 'linspace' || steps >= 2, 'gridIndices', 'linspace needs at least 2 steps; for one step use trailing');
  const indices = oneOf('spacing', INDICES, spacing)(T, steps).map((index) => index + offset);
  check(indices[0] <= T - 1, 'gridIndices', () => `offset ${offset} with spacing ${spacing} starts at index ${indices[0]}, beyond the last, ${T - 1}`);
  return indices;
}

/** A grid of n steps to data. */
export function spacedGrid(schedule: DiscreteSchedule, options: SpacingOptions): Grid {
  return gridToData(gridIndices(schedule.T, options).map((index) => schedule.level(index)), schedule.data);
}

/** Every step leads `stride` indices down from where it starts, or to `final` once below index 0. */
export function stridedGrid(schedule: DiscreteSchedule, indices: readonly number[], stride: number, final: Level = schedule.data): Grid {
  return indices.map((index) => ({ from: schedule.level(index), to: index - stride >= 0 ? schedule.level(index - stride) : final }));
}

export interface KarrasOptions {
  readonly steps: number;
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  readonly rho?: number;
}

/** n levels from sigmaMax to sigmaMin, then data. The defaults span a discrete schedule; σ must be finite there. */
export function karrasGrid(schedule: Schedule, { steps, sigmaMin = schedule.cleanest.sigma, sigmaMax = schedule.noisiest.sigma, rho = 7 }: KarrasOptions): Grid {
  check(Number.isInteger(steps) && steps >= 2, 'karrasGrid', () => `steps must be an integer of at least 2 but is ${steps}`);
  check(sigmaMin > 0 && sigmaMax > sigmaMin && sigmaMax < Infinity, 'karrasGrid', () => `needs 0 < sigmaMin < sigmaMax < Infinity but they are ${sigmaMin} and ${sigmaMax}`);
  const [high, low] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  const levels = Array.from({ length: steps }, (_, k) => {
    if (k === 0) return schedule.levelAtSigma(sigmaMax);
    if (k === steps - 1) return schedule.levelAtSigma(sigmaMin);
    return schedule.levelAtSigma((high + (k / (steps - 1)) * (low - high)) ** rho);
  });
  return gridToData(levels, schedule.data);
}
