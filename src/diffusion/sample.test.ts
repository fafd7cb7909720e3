import { describe, expect, it } from 'vitest';
import { intTensor } from '../core/tensor.ts';
import { cosineSchedule } from './beta-schedules.ts';
import type { Denoiser } from './denoiser.ts';
import { gaussianDenoiser } from './gaussian.ts';
import { spacedGrid } from './grid.ts';
import { initialState, sample, sampleToEnd, type SampleOptions } from './sample.ts';
import { ddim } from './samplers/ddim.ts';
import { ddpm } from './samplers/ddpm.ts';
import { dpmSolverPp2M } from './samplers/dpm-solver-pp.ts';
import { heun } from './samplers/heun.ts';

const schedule = cosineSchedule({ T: 100 });
const denoiser = gaussianDenoiser({ mean: [0.1, 0.5, -0.5], variance: [0.1, 0.4, 0.02] });
const options: SampleOptions = { schedule, grid: spacedGrid(schedule, { steps: 8 }), sampler: ddpm(), shape: [6, 3], seed: 11 };

describe('a picture depends on its index alone', () => {
  it.each([['ddpm', ddpm()], ['ddim', ddim({ eta: 0.7 })], ['dpm-solver++', dpmSolverPp2M()], ['heun', heun({ churn: 3 })]])('%s', async (_, sampler) => {
    const all = (await sampleToEnd(denoiser, { ...options, sampler })).data;
    for (const [index, count] of [[0, 1], [2, 3], [5, 1]]) {
      const part = await sampleToEnd(denoiser, { ...options, sampler, shape: [count, 3], indices: Array.from({ length: count }, (_row, row) => index + row) });
      expect(part.data).toEqual(all.slice(index * 3, (index + count) * 3));
    }
    const other = await sampleToEnd(denoiser, { ...options, sampler, seed: 12 });
    expect(other.data).not.toEqual(all);
  });
});

it('a sampler may be used by several runs at once: its memory belongs to the run', async () => {
  const sampler = dpmSolverPp2M();
  const alone = await sampleToEnd(denoiser, { ...options, sampler });
  const [one, two] = [sample(denoiser, { ...options, sampler }), sample(denoiser, { ...options, sampler, seed: 5 })];
  let last: Float32Array | undefined;
  for (let k = 0; k < 8; k++) {
    last = (await one.next()).value!.x.data;
    await two.next();
  }
  expect(last).toEqual(alone.data);
});

it('yields every state with its level and keeps none of the arrays', async () => {
  const kept: Float32Array[] = [];
  const copies: Float32Array[] = [];
  let step = 0;
  for await (const state of sample(denoiser, options)) {
    expect(state).toMatchObject({ step: ++step, steps: 8, level: options.grid[step - 1].to });
    expect(state.x.shape).toEqual([6, 3]);
    kept.push(state.x.data, state.x0.data);
    copies.push(Float32Array.from(state.x.data), Float32Array.from(state.x0.data));
  }
  expect(step).toBe(8);
  expect(kept).toEqual(copies);
  expect(new Set(kept.map((x) => x[0])).size).toBe(15); // the last state is the last estimate
});

describe('abort', () => {
  const reason = new Error('enough');

  it('between steps', async () => {
    const controller = new AbortController();
    let steps = 0;
    await expect((async () => {
      for await (const _ of sample(denoiser, { ...options, signal: controller.signal })) if (++steps === 3) controller.abort(reason);
    })()).rejects.toBe(reason);
    expect(steps).toBe(3);
  });

  it('between the calls of one step', async () => {
    const controller = new AbortController();
    let calls = 0;
    const counting: Denoiser = async (x, level) => {
      if (++calls === 2) controller.abort(reason); // heun's second call of the first step
      return denoiser(x, level);
    };
    await expect(sampleToEnd(counting, { ...options, sampler: heun(), signal: controller.signal })).rejects.toBe(reason);
    expect(calls).toBe(2);
  });

  it('before the first, and by leaving the loop', async () => {
    let calls = 0;
    const counting: Denoiser = (x, level) => (calls++, denoiser(x, level));
    await expect(sampleToEnd(counting, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(calls).toBe(0);
    for await (const _ of sample(counting, options)) break;
    expect(calls).toBe(1);
  });
});

it('starts from the spread of the level', () => {
  const level = schedule.levelAtSigma(3);
  expect(initialState([2, 3], level, 1)).toEqual(initialState([2, 3], schedule.noisiest, 1)); // variance preserving: always 1
  const exploding = { ...level, signalScale: 1, noiseScale: 3 };
  expect(initialState([2, 3], exploding, 1)[4]).toBeCloseTo(Math.sqrt(10) * initialState([2, 3], level, 1)[4], 5);
});

it('says what does not fit', async () => {
  await expect(sampleToEnd(denoiser, { ...options, indices: [1] })).rejects.toThrow(/needs 6 indices but 1 came/);
  await expect(sampleToEnd(denoiser, { ...options, initial: new Float32Array(4) })).rejects.toThrow(/initial has 4 numbers but shape \[6, 3\] needs 18/);
  await expect(sampleToEnd(denoiser, { ...options, grid: [] })).rejects.toThrow(/the grid has no steps/);
  await expect(sampleToEnd(denoiser, { ...options, condition: { label: intTensor([2], [0, 1]) } })).rejects.toThrow(/condition label has 2 rows but the batch is 6/);
});
