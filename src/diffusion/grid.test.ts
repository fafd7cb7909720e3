import { expect, it } from 'vitest';
import { cosineSchedule, linearSchedule, withZeroTerminalSnr } from './beta-schedules.ts';
import { gridIndices, gridToData, karrasGrid, spacedGrid, stridedGrid, type Spacing } from './grid.ts';

const schedule = linearSchedule();

it.each<[Spacing, number, number[]]>([
  // As the tables of Lin et al. 2023 and NumPy's rounding have them.
  ['trailing', 5, [999, 799, 599, 399, 199]],
  ['trailing', 6, [999, 832, 666, 499, 332, 166]],
  ['leading', 5, [800, 600, 400, 200, 0]],
  ['leading', 6, [830, 664, 498, 332, 166, 0]],
  ['linspace', 5, [999, 749, 500, 250, 0]],
  ['uniform', 4, [999, 749, 499, 249]],
])('%s in %i steps', (spacing, steps, indices) => {
  expect(gridIndices(1000, { steps, spacing })).toEqual(indices);
  const grid = spacedGrid(schedule, { steps, spacing });
  expect(grid.map(({ from }) => from.timestep)).toEqual(indices);
  expect(grid.slice(1).map(({ from }) => from)).toEqual(grid.slice(0, -1).map(({ to }) => to));
  expect(grid.at(-1)!.to).toBe(schedule.data);
});

it('uniform steps are equal in t even where T is no multiple', () => {
  const grid = spacedGrid(schedule, { steps: 7, spacing: 'uniform' });
  grid.forEach(({ from, to }) => expect(from.t - to.t).toBeCloseTo(1 / 7, 12));
});

it('T steps visit every index; any number below makes a falling grid', () => {
  for (const spacing of ['trailing', 'leading', 'linspace', 'uniform'] as const) {
    expect(gridIndices(1000, { steps: 1000, spacing })).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
    for (let steps = 2; steps < 1000; steps += 37) expect(spacedGrid(schedule, { steps, spacing })).toHaveLength(steps);
  }
});

it('strided grids lead to t − T/n', () => {
  const final = schedule.level(0);
  const grid = stridedGrid(schedule, [999, 666, 333, 0], 250, final);
  expect(grid.map(({ to }) => to.timestep)).toEqual([749, 416, 83, 0]);
  expect(grid[3].to).toBe(final);
});

it('Karras’s levels are equal steps of σ^(1/ρ)', () => {
  const cosine = cosineSchedule();
  const grid = karrasGrid(cosine, { steps: 10, sigmaMin: 0.02, sigmaMax: 80 });
  const roots = grid.map(({ from }) => from.sigma ** (1 / 7));
  for (let k = 1; k < 10; k++) expect(roots[k - 1] - roots[k]).toBeCloseTo((80 ** (1 / 7) - 0.02 ** (1 / 7)) / 9, 9);
  expect(grid.at(-1)!.to.sigma).toBe(0);
  expect(karrasGrid(schedule, { steps: 5 })[0].from).toBe(schedule.noisiest);
  expect(karrasGrid(schedule, { steps: 5 })[4].from).toBe(schedule.level(0));
});

it('says what cannot be', () => {
  expect(() => spacedGrid(schedule, { steps: 1001 })).toThrow(/has 1000 steps, so a grid has at most 1000, but 1001/);
  expect(() => spacedGrid(schedule, { steps: 10, spacing: 'even' as Spacing })).toThrow('unknown spacing "even"; one of trailing, leading, linspace, uniform');
  expect(() => spacedGrid(schedule, { steps: 10, offset: 1 })).toThrow(/starts at index 1000, beyond the last, 999/);
  expect(() => gridToData([schedule.level(3), schedule.level(7)], schedule.data)).toThrow(/levels must become cleaner/);
  expect(() => karrasGrid(withZeroTerminalSnr(schedule), { steps: 5 })).toThrow(/sigmaMax < Infinity/);
});
