/** Every sampler against exact answers: Gaussian data has a closed-form denoiser, flow and marginals. */
import { describe, expect, it } from 'vitest';
import { createStream } from '../../core/rng.ts';
import { cosineSchedule, linearSchedule, scaledLinearSchedule, withZeroTerminalSnr } from '../beta-schedules.ts';
import { networkDenoiser } from '../denoiser.ts';
import { gaussianDenoiser, gaussianFlow, variancesAt, type GaussianData } from '../gaussian.ts';
import { gridOf, spacedGrid, type Grid } from '../grid.ts';
import { initialState, sampleToEnd } from '../sample.ts';
import type { Sampler } from '../sampler.ts';
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmSolverPp2M } from './dpm-solver-pp.ts';
import { euler } from './euler.ts';
import { heun } from './heun.ts';

const data: GaussianData = { mean: [0.5, -0.3, 0, 0.9], variance: [0.01, 0.25, 1, 0.04] };
const denoiser = gaussianDenoiser(data);
const schedule = cosineSchedule();

/** n steps, equal in ln σ, from σ = 8 to 0.1: both ends above data, so that the order of the method itself shows. */
const smoothGrid = (n: number): Grid => gridOf(Array.from({ length: n + 1 }, (_, k) => schedule.levelAtSigma(8 * (0.1 / 8) ** (k / n))));

const run = async (sampler: Sampler, grid: Grid, initial: Float32Array, shape = [initial.length / 4, 4], noise?: (step: number, draw: number) => Float32Array) =>
  (await sampleToEnd(denoiser, { schedule, grid, sampler, shape, seed: 1, initial, noise })).data;

const distance = (a: Float32Array, b: Float32Array): number => Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length);

describe('deterministic samplers converge to the exact flow with their order', () => {
  const start = smoothGrid(1)[0].from;
  const initial = initialState([32, 4], start, 3);
  const exact = gaussianFlow(data, initial, start, smoothGrid(1)[0].to);

  it.each<[string, Sampler, number]>([
    ['ddim', ddim(), 1],
    ['euler', euler(), 1],
    ['heun', heun(), 2],
    ['dpm-solver++ 2M', dpmSolverPp2M({ lowerOrderBelow: 0 }), 2],
  ])('%s', async (_, sampler, order) => {
    const errors = await Promise.all([20, 40, 80, 160].map(async (n) => distance(await run(sampler, smoothGrid(n), initial), exact)));
    for (let k = 1; k < errors.length; k++) {
      const measured = Math.log2(errors[k - 1] / errors[k]);
      expect(measured, `orders from errors ${errors.join(', ')}`).toBeGreaterThan(order - 0.2);
      expect(measured, `orders from errors ${errors.join(', ')}`).toBeLessThan(order + 0.45);
    }
    expect(errors[3]).toBeLessThan(order === 1 ? 0.02 : 0.001);
  });
});

/**
 * The exact law of a sampler's result, by linearity: x = mean + ∂x/∂x_T·(x_T − E x_T) + Σ_k ∂x/∂z_k·z_k. Row 0 starts at the mean of noisy
 * data and has all noise at 0, row 1 starts one deviation above it, row 2 + k moves the noise of step k: so a single run gives every
 * derivative, and the variance of the result without sampling error.
 */
async function lawOf(sampler: Sampler, grid: Grid): Promise<{ mean: number[]; variance: number[] }> {
  const rows = grid.length + 2;
  const { from } = grid[0];
  const deviation = variancesAt(data, from).map(Math.sqrt);
  const initial = Float32Array.from({ length: rows * 4 }, (_, i) => from.signalScale * data.mean[i % 4] + (i >> 2 === 1 ? deviation[i % 4] : 0));
  const noise = (step: number): Float32Array => new Float32Array(rows * 4).fill(1, (2 + step) * 4, (3 + step) * 4);
  const x = await run(sampler, grid, initial, [rows, 4], noise);
  const mean = Array.from(x.slice(0, 4));
  return { mean, variance: mean.map((m, k) => Array.from({ length: rows - 1 }, (_, r) => (x[(r + 1) * 4 + k] - m) ** 2).reduce((a, b) => a + b)) };
}

describe('stochastic samplers converge to the marginals with order 1', () => {
  it.each<[string, Sampler]>([
    ['ddpm small', ddpm()],
    ['ddpm large', ddpm({ variance: 'large' })],
    ['ddim η = 0.5', ddim({ eta: 0.5 })],
    ['euler with churn', euler({ churn: 8 })],
    ['heun with churn', heun({ churn: 8 })],
  ])('%s', async (_, sampler) => {
    const errors = await Promise.all([40, 80, 160].map(async (n) => {
      const grid = smoothGrid(n);
      const { variance } = await lawOf(sampler, grid);
      const exact = variancesAt(data, grid.at(-1)!.to);
      return Math.max(...variance.map((v, k) => Math.abs(v / exact[k] - 1)));
    }));
    for (const k of [1, 2]) expect(Math.log2(errors[k - 1] / errors[k]), errors.join(', ')).toBeGreaterThan(0.75);
  });

  it('and sampling to data by 100 DDPM steps gives the data’s mean and variance', async () => {
    const n = 4000;
    const grid = spacedGrid(schedule, { steps: 100 });
    const x = (await sampleToEnd(denoiser, { schedule, grid, sampler: ddpm(), shape: [n, 4], seed: 8 })).data;
    const law = await lawOf(ddpm(), grid);
    for (let k = 0; k < 4; k++) {
      const column = Array.from({ length: n }, (_, i) => x[i * 4 + k]);
      const mean = column.reduce((a, b) => a + b) / n;
      const variance = column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
      expect(Math.abs(mean - data.mean[k])).toBeLessThan(5 * Math.sqrt(data.variance[k] / n) + 0.005);
      expect(Math.abs(variance / law.variance[k] - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
      expect(law.mean[k]).toBeCloseTo(data.mean[k], 2);
    }
    const errors = await Promise.all([100, 1000].map(async (steps) => {
      const { variance } = await lawOf(ddpm(), spacedGrid(schedule, { steps }));
      return Math.max(...variance.map((v, k) => Math.abs(v / data.variance[k] - 1)));
    }));
    expect(errors[1], errors.join(', ')).toBeLessThan(0.25 * errors[0]);
  });
});

describe('identities', () => {
  const initial = createStream({ seed: 2, purpose: 'test' }).normals(new Float32Array(40));
  const grid = spacedGrid(schedule, { steps: 12 });

  it('DDIM at η = 1 is DDPM with the posterior’s variance', async () => {
    expect(distance(await run(ddim({ eta: 1 }), grid, initial), await run(ddpm(), grid, initial))).toBeLessThan(1e-6);
    expect(distance(await run(ddim({ eta: 1 }), grid, initial), await run(ddim(), grid, initial))).toBeGreaterThan(0.01);
  });

  it('DDIM at η = 0 is Euler’s method in σ; DPM-Solver++ starts and ends as it', async () => {
    expect(distance(await run(ddim(), grid, initial), await run(euler(), grid, initial))).toBeLessThan(1e-6);
    const two = spacedGrid(schedule, { steps: 2 });
    expect(distance(await run(ddim(), two, initial), await run(dpmSolverPp2M(), two, initial))).toBeLessThan(1e-6);
  });

  it('learned variance at its two ends is large and small', async () => {
    const fixed = (fraction: number) => networkDenoiser(async (x, timeInput) => {
      const level = schedule.level(timeInput[0]);
      const { epsilon } = await denoiser(x, level);
      const out = new Float32Array(2 * epsilon.length).fill(2 * fraction - 1);
      for (let row = 0; row < x.shape[0]; row++) out.set(epsilon.subarray(row * 4, row * 4 + 4), row * 8);
      return out;
    }, { prediction: 'epsilon', variance: 'range' });
    for (const [fraction, variance] of [[0, 'small'], [1, 'large']] as const) {
      const options = { schedule, grid, shape: [10, 4], seed: 1, initial };
      const learned = await sampleToEnd(fixed(fraction), { ...options, sampler: ddpm({ variance: 'learned' }) });
      expect(distance(learned.data, await run(ddpm({ variance }), grid, initial))).toBeLessThan(1e-5);
    }
    await expect(run(ddpm({ variance: 'learned' }), grid, initial)).rejects.toThrow(/needs a denoiser that returns varianceFraction/);
  });

  it('all end at the estimate of x0, and start where no signal is left', async () => {
    const zero = withZeroTerminalSnr(scaledLinearSchedule());
    const point = gaussianDenoiser({ mean: data.mean, variance: [0, 0, 0, 0] });
    for (const sampler of [ddpm(), ddim(), ddim({ eta: 1 }), euler(), euler({ churn: 10 }), heun(), dpmSolverPp2M()]) {
      const { data: x } = await sampleToEnd(point, { schedule: zero, grid: spacedGrid(zero, { steps: 9 }), sampler, shape: [10, 4], seed: 1 });
      x.forEach((v, i) => expect(v).toBeCloseTo(data.mean[i % 4], 6));
    }
  });

  it('DDIM run backwards inverts itself to first order', async () => {
    const levels = smoothGrid(400).map(({ from }) => from);
    const there = await run(ddim(), gridOf(levels), initial);
    const back = await run(ddim(), gridOf([...levels].reverse()), there);
    expect(distance(back, initial)).toBeLessThan(0.05);
  });
});

it('few steps to data: second-order methods beat first-order ones on a schedule’s own grid', async () => {
  const linear = linearSchedule();
  const grid = spacedGrid(linear, { steps: 12 });
  const initial = initialState([64, 4], linear.noisiest, 3);
  const exact = gaussianFlow(data, initial, linear.noisiest, linear.data);
  const error = async (sampler: Sampler): Promise<number> =>
    distance((await sampleToEnd(denoiser, { schedule: linear, grid, sampler, shape: [64, 4], seed: 1, initial })).data, exact);
  const first = await error(ddim());
  expect(await error(dpmSolverPp2M())).toBeLessThan(0.6 * first);
  expect(await error(heun())).toBeLessThan(first);
});
