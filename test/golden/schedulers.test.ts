/** Schedules, grids and samplers against diffusers: tables, timesteps, every single step, and whole trajectories. */
import { describe, expect, it } from 'vitest';
import {
  cosineSchedule, linearSchedule, scaledLinearSchedule, withZeroTerminalSnr,
} from '../../src/diffusion/beta-schedules.ts';
import { clipX0, dynamicThreshold, rederiveEpsilon } from '../../src/diffusion/clipping.ts';
import { networkDenoiser, type Denoiser, type Network } from '../../src/diffusion/denoiser.ts';
import { addNoise } from '../../src/diffusion/forward.ts';
import { gridIndices, gridOf, gridToData, stridedGrid, type Grid, type Spacing } from '../../src/diffusion/grid.ts';
import { variancePreservingLevel } from '../../src/diffusion/level.ts';
import type { Prediction } from '../../src/diffusion/prediction.ts';
import { sample, sampleToEnd } from '../../src/diffusion/sample.ts';
import type { Sampler } from '../../src/diffusion/sampler.ts';
import { discreteSchedule, type DiscreteSchedule } from '../../src/diffusion/schedule.ts';
import { ddim } from '../../src/diffusion/samplers/ddim.ts';
import { ddpm } from '../../src/diffusion/samplers/ddpm.ts';
import { dpmSolverPp2M } from '../../src/diffusion/samplers/dpm-solver-pp.ts';
import { euler } from '../../src/diffusion/samplers/euler.ts';
import { heun } from '../../src/diffusion/samplers/heun.ts';
import { goldenJson, goldenTensors, hasGolden } from './golden-files.ts';

interface Config {
  beta_schedule?: string; beta_start?: number; beta_end?: number; num_train_timesteps?: number; trained_betas?: number[]; rescale_betas_zero_snr?: boolean;
  prediction_type?: string; timestep_spacing?: Spacing; steps_offset?: number; set_alpha_to_one?: boolean;
  clip_sample?: boolean; clip_sample_range?: number; thresholding?: boolean; dynamic_thresholding_ratio?: number; sample_max_value?: number;
  variance_type?: string;
}
interface Case {
  id: string; class: string; file: string; config: Config; numInferenceSteps: number | null; fakeModel: string; learnedVariance: string | null;
  stepKwargs: { eta?: number; use_clipped_model_output?: boolean; s_churn?: number; s_tmin?: number; s_tmax?: number; s_noise?: number };
  arrays: Record<string, number[]>; noiseSteps?: number[]; maxAbs: number; toleranceTrajectory: number; tablesAs?: Record<string, string>;
}

const PREDICTION: Record<string, Prediction> = { epsilon: 'epsilon', sample: 'x0', v_prediction: 'v' };
const present = hasGolden('schedulers');
const cases = present ? goldenJson<{ cases: Case[] }>('schedulers/manifest.json').cases : [];
const linear = present ? goldenTensors('schedulers/linear_map.safetensors') : undefined;

const array = (one: Case, name: string): Float32Array => Float32Array.from(goldenTensors(one.file).raw(`${one.id}/${name}`) as Float32Array);
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((max, v, i) => Math.max(max, Math.abs(v - b[i])), a.length === b.length ? 0 : Infinity);

function scheduleOf(one: Case): DiscreteSchedule {
  const { beta_schedule: name = 'linear', beta_start: betaStart = 1e-4, beta_end: betaEnd = 0.02, num_train_timesteps: T = 1000, trained_betas: betas, rescale_betas_zero_snr } = one.config;
  if (betas) return discreteSchedule({ name: 'trained', betas });
  const made = { linear: () => linearSchedule({ T, betaStart, betaEnd }), scaled_linear: () => scaledLinearSchedule({ T, betaStart, betaEnd }), squaredcos_cap_v2: () => cosineSchedule({ T }) }[name];
  // Others belong to one class of diffusers only: their tables are taken from the file.
  const schedule = made?.() ?? discreteSchedule({ name, betas: array(one, 'betas') });
  return rescale_betas_zero_snr ? withZeroTerminalSnr(schedule) : schedule;
}

/** The stand-in networks that the values were made with. */
function fakeNetwork(one: Case): Network {
  const map = (name: string) => linear!.float32(name);
  const apply = (w: Float32Array, x: Float32Array): Float32Array => {
    const n = x.length;
    return Float32Array.from(x, (_, row) => { let sum = 0; for (let k = 0; k < n; k++) sum += w[row * n + k] * x[k]; return sum; });
  };
  const W = map('W').data;
  const formulas: Record<string, (x: Float32Array, t: number) => Float32Array> = {
    scale: (x, t) => x.map((v) => (v * Math.abs(t)) / (Math.abs(t) + 1)),
    linear: (x) => apply(W, x),
    mix: (x, t) => { const y = apply(W, x); return x.map((v, i) => (v * Math.abs(t)) / (Math.abs(t) + 1) + 0.05 * y[i]); },
    tanh: (x) => apply(W, x).map((v) => Math.tanh(v) * 0.9),
  };
  return async (x, timeInput) => {
    const size = x.data.length / x.shape[0];
    const factor = one.learnedVariance ? 2 : 1;
    const out = new Float32Array(x.data.length * factor);
    for (let row = 0; row < x.shape[0]; row++) {
      const state = x.data.subarray(row * size, (row + 1) * size);
      out.set(formulas[one.fakeModel](state, timeInput[row]), row * size * factor);
      if (one.learnedVariance) out.set(apply(map('WV').data, state).map(Math.tanh), (row * 2 + 1) * size);
    }
    return out;
  };
}

function wrapClipping(one: Case, denoiser: Denoiser, clipsByDefault: boolean): Denoiser {
  const { clip_sample = clipsByDefault, clip_sample_range: limit = 1, thresholding, dynamic_thresholding_ratio: quantile = 0.995, sample_max_value: maximum = 1 } = one.config;
  const clipped = thresholding ? dynamicThreshold(denoiser, { quantile, maximum }) : clip_sample ? clipX0(denoiser, { limit }) : denoiser;
  return one.stepKwargs.use_clipped_model_output ? rederiveEpsilon(clipped) : clipped;
}

/** Runs each step alone from the stored state and output, then the whole trajectory with the stand-in network. */
async function replay(one: Case, schedule: DiscreteSchedule, grid: Grid, sampler: Sampler, clipsByDefault: boolean): Promise<void> {
  const [steps, ...shape] = one.arrays.model_output;
  const size = shape.reduce((a, b) => a * b) / (one.learnedVariance ? 2 : 1);
  const stateShape = one.arrays.traj.slice(1);
  const traj = array(one, 'traj');
  const outputs = array(one, 'model_output');
  const drawn = one.noiseSteps ? array(one, 'noise') : new Float32Array();
  const options = { prediction: PREDICTION[one.config.prediction_type ?? 'epsilon'], variance: one.learnedVariance ? 'range' : 'none' } as const;
  const noiseAt = (step: number): Float32Array => {
    const k = one.noiseSteps!.indexOf(step);
    expect(k, `diffusers drew no noise at step ${step}`).toBeGreaterThanOrEqual(0);
    return drawn.slice(k * size, (k + 1) * size);
  };
  expect(grid).toHaveLength(steps);
  for (let step = 0; step < steps; step++) {
    const length = outputs.length / steps;
    const recorded: Network = async () => outputs.slice(step * length, (step + 1) * length);
    const result = await sampleToEnd(wrapClipping(one, networkDenoiser(recorded, options), clipsByDefault), {
      schedule, sampler, shape: stateShape, seed: 0, grid: [grid[step]], initial: traj.slice(step * size, (step + 1) * size), noise: () => noiseAt(step),
    });
    expect(worst(result.data, traj.subarray((step + 1) * size, (step + 2) * size)), `step ${step}`).toBeLessThan(1e-5 * one.maxAbs);
  }
  const whole = sample(wrapClipping(one, networkDenoiser(fakeNetwork(one), options), clipsByDefault), {
    schedule, sampler, shape: stateShape, seed: 0, grid, initial: traj.slice(0, size), noise: noiseAt,
  });
  const predX0 = array(one, 'pred_x0');
  for await (const { step, x, x0 } of whole) {
    expect(worst(x.data, traj.subarray(step * size, (step + 1) * size)), `trajectory at ${step}`).toBeLessThan(one.toleranceTrajectory * one.maxAbs);
    expect(worst(x0.data, predX0.subarray((step - 1) * size, step * size)), `x0 at ${step}`).toBeLessThan(2 * one.toleranceTrajectory * one.maxAbs);
  }
}

const ofClass = (name: string): Case[] => cases.filter((one) => one.class === name && one.learnedVariance !== 'direct');

describe.runIf(present)('diffusers', () => {
  it.each(cases.filter((one) => ['DDPMScheduler', 'DDIMScheduler'].includes(one.class) && one.arrays.betas).map((one) => [one.id, one] as const))('%s: tables and noising', (_, one) => {
    const schedule = scheduleOf(one);
    // Rescaled to zero SNR, their β are quotients of float32 differences that cancel.
    expect(worst(schedule.betas, array(one, 'betas'))).toBeLessThan(one.config.rescale_betas_zero_snr ? 5e-6 : 1e-6);
    expect(worst(schedule.alphaBars, array(one, 'alphas_cumprod'))).toBeLessThan(1e-6);
    const [x0, noise, out] = ['x0', 'noise', 'out'].map((name) => array(one, `add_noise_${name}`));
    const timesteps = goldenTensors(one.file).raw(`${one.id}/add_noise_t`) as Int32Array;
    const size = x0.length / timesteps.length;
    timesteps.forEach((t, row) => {
      const cut = (data: Float32Array): Float32Array => data.subarray(row * size, (row + 1) * size);
      expect(worst(addNoise(cut(x0), schedule.level(t), cut(noise)), cut(out))).toBeLessThan(1e-5);
    });
  });

  it.each(ofClass('DDPMScheduler').map((one) => [one.id, one] as const))('%s: ancestral steps', async (_, one) => {
    const schedule = scheduleOf(one);
    const { timestep_spacing: spacing = 'leading', steps_offset: offset = 0, variance_type = 'fixed_small' } = one.config;
    const given = Array.from(array(one, 'timesteps'));
    if (one.numInferenceSteps) expect(gridIndices(schedule.T, { steps: one.numInferenceSteps, spacing, offset })).toEqual(given);
    const grid = gridToData(given.map((i) => schedule.level(i)), schedule.data);
    const variance = variance_type.startsWith('fixed_small') ? 'small' : variance_type === 'fixed_large' ? 'large' : 'learned';
    await replay(one, schedule, grid, ddpm({ variance }), true);
  });

  it.each(ofClass('DDIMScheduler').map((one) => [one.id, one] as const))('%s: DDIM steps, t − T/n', async (_, one) => {
    const schedule = scheduleOf(one);
    const { timestep_spacing: spacing = 'leading', steps_offset: offset = 0, set_alpha_to_one = true } = one.config;
    const indices = gridIndices(schedule.T, { steps: one.numInferenceSteps!, spacing, offset });
    expect(indices).toEqual(Array.from(array(one, 'timesteps')));
    const grid = stridedGrid(schedule, indices, Math.floor(schedule.T / one.numInferenceSteps!), set_alpha_to_one ? schedule.data : schedule.level(0));
    await replay(one, schedule, grid, ddim({ eta: one.stepKwargs.eta ?? 0 }), true);
  });

  // These keep σ and timesteps of their own making in the file; the levels are made of them.
  const levelsOf = (one: Case, sigmas: number[], timesteps: number[]) => sigmas.map((sigma, k) => (sigma === 0 ? scheduleOf(one).data : variancePreservingLevel(0, timesteps[k] ?? 0, sigma)));

  const DPM = ['dpm_multi_00', 'dpm_multi_02', 'dpm_multi_08', 'dpm_multi_29', 'dpm_multi_33', 'dpm_multi_34', 'dpm_multi_35'];
  it.each(cases.filter((one) => DPM.includes(one.id)).map((one) => [one.id, one] as const))('%s: DPM-Solver++ trajectories', async (_, one) => {
    const schedule = scheduleOf(one);
    const grid = gridOf(levelsOf(one, Array.from(array(one, 'sigmas')), Array.from(array(one, 'timesteps'))));
    const denoiser = wrapClipping(one, networkDenoiser(fakeNetwork(one), { prediction: PREDICTION[one.config.prediction_type ?? 'epsilon'] }), false);
    const traj = array(one, 'traj');
    const shape = one.arrays.traj.slice(1);
    const size = traj.length / one.arrays.traj[0];
    const sampler = one.id === 'dpm_multi_02' ? euler() : dpmSolverPp2M();
    for await (const { step, x } of sample(denoiser, { schedule, sampler, grid, shape, seed: 0, initial: traj.slice(0, size) })) {
      expect(worst(x.data, traj.subarray(step * size, (step + 1) * size)), `trajectory at ${step}`).toBeLessThan(one.toleranceTrajectory * one.maxAbs);
    }
  });

  /**
   * k-diffusion's state is x/signalScale, and its stand-in network saw that state scaled back, as ours always is. Churn is left out: diffusers
   * asks the network before it adds the noise, the paper's algorithm 2 after.
   */
  const K_STYLE = ['euler_00', 'euler_02', 'euler_12', 'euler_13', 'heun_00', 'heun_02', 'heun_06', 'heun_07'];
  it.each(cases.filter((one) => K_STYLE.includes(one.id)).map((one) => [one.id, one] as const))('%s: σ-space trajectories', async (_, one) => {
    const isHeun = one.class === 'HeunDiscreteScheduler';
    const stored = Array.from(array(one, 'sigmas'));
    const times = Array.from(array(one, 'timesteps'));
    // Heun's tables hold inner levels twice.
    const keep = (list: number[]): number[] => (isHeun ? [list[0], ...list.slice(1).filter((_v, k) => k % 2 === 0)] : list);
    const sigmas = isHeun ? keep(stored) : stored;
    if (sigmas.at(-1) !== 0) sigmas.push(0);
    const levels = levelsOf(one, sigmas, keep(times));
    const traj = array(one, 'traj');
    const shape = one.arrays.traj.slice(1);
    const size = traj.length / one.arrays.traj[0];
    const denoiser = networkDenoiser(fakeNetwork(one), { prediction: PREDICTION[one.config.prediction_type ?? 'epsilon'] });
    const start = traj.slice(0, size).map((v) => v * levels[0].signalScale);
    const run = sample(denoiser, {
      schedule: scheduleOf(one), grid: gridOf(levels), sampler: isHeun ? heun() : euler(), shape, seed: 0, initial: start,
    });
    for await (const state of run) {
      const { step } = state;
      const row = isHeun ? Math.min(2 * step, one.arrays.traj[0] - 1) : step;
      const expected = traj.subarray(row * size, (row + 1) * size).map((v) => v * state.level.signalScale);
      // Their state is as large as σ (20,000 for cosine) and was rounded to float32 at that size; ours never is.
      const tolerance = 2e-5 * expected.reduce((max, v) => Math.max(max, Math.abs(v)), 4) + levels[0].sigma * 2 ** -22;
      expect(worst(state.x.data, expected), `trajectory at ${step}`).toBeLessThan(tolerance);
    }
  });
});
