/** What the words of a configuration stand for: the one place where strings become values. */
import { oneOf } from '../core/errors.ts';
import { cosineSchedule, linearSchedule, scaledLinearSchedule, withZeroTerminalSnr } from '../diffusion/beta-schedules.ts';
import { clipX0, dynamicThreshold, rederiveEpsilon } from '../diffusion/clipping.ts';
import type { Denoiser } from '../diffusion/denoiser.ts';
import { karrasGrid, spacedGrid, type Grid } from '../diffusion/grid.ts';
import type { Objective } from '../diffusion/objective.ts';
import type { Prediction } from '../diffusion/prediction.ts';
import type { Sampler } from '../diffusion/sampler.ts';
import { ddim } from '../diffusion/samplers/ddim.ts';
import { ddpm } from '../diffusion/samplers/ddpm.ts';
import { dpmSolverPp2M } from '../diffusion/samplers/dpm-solver-pp.ts';
import { euler } from '../diffusion/samplers/euler.ts';
import { heun } from '../diffusion/samplers/heun.ts';
import { previousLevel, type DiscreteSchedule } from '../diffusion/schedule.ts';
import { continuousLevels, uniformLevels, type LevelSampling } from '../diffusion/time-sampling.ts';
import { minSnrWeighting, simpleWeighting, vWeighting, velocityWeighting, x0Weighting, type Weighting } from '../diffusion/weighting.ts';
import type { RunConfig, SampleConfig } from './config.ts';

/** The keys of a table, as a schema wants them. */
export const words = <K extends string>(table: Readonly<Record<K, unknown>>): [K, ...K[]] => Object.keys(table) as [K, ...K[]];

export const SCHEDULES = {
  linear: (T: number) => linearSchedule({ T }),
  'scaled-linear': (T: number) => scaledLinearSchedule({ T }),
  cosine: (T: number) => cosineSchedule({ T }),
} satisfies Record<string, (T: number) => DiscreteSchedule>;

export const WEIGHTINGS = {
  simple: () => simpleWeighting,
  x0: () => x0Weighting,
  v: () => vWeighting,
  velocity: () => velocityWeighting,
  'min-snr': (gamma: number) => minSnrWeighting({ gamma }),
} satisfies Record<string, (gamma: number) => Weighting>;

/** The weighting that gives a prediction's output the weight 1. */
const NATURAL: Readonly<Record<Prediction, keyof typeof WEIGHTINGS>> = { epsilon: 'simple', x0: 'x0', v: 'v', velocity: 'velocity', mean: 'simple' };

export const LEVELS = {
  uniform: (schedule: DiscreteSchedule) => uniformLevels(schedule),
  stratified: (schedule: DiscreteSchedule, batch: number) => uniformLevels(schedule, { strata: batch }),
  continuous: (schedule: DiscreteSchedule) => continuousLevels(schedule),
} satisfies Record<string, (schedule: DiscreteSchedule, batch: number) => LevelSampling>;

/** The numbers that samplers take from a configuration. */
interface SamplerNumbers {
  readonly eta: number;
}

export const SAMPLERS = {
  ddim: ({ eta }: SamplerNumbers) => ddim({ eta }),
  ddpm: () => ddpm(),
  'ddpm-large': () => ddpm({ variance: 'large' }),
  euler: () => euler(),
  heun: () => heun({ widest: 100 }),
  'dpm++': () => dpmSolverPp2M(),
} satisfies Record<string, (numbers: SamplerNumbers) => Sampler>;

export const CLIPPINGS = {
  none: (denoiser: Denoiser) => denoiser,
  static: (denoiser: Denoiser) => rederiveEpsilon(clipX0(denoiser)),
  dynamic: (denoiser: Denoiser) => rederiveEpsilon(dynamicThreshold(denoiser)),
  /** Leaves ε as the network gave it, as diffusers does: under guidance DDIM then follows a noise that belongs to another picture. */
  'static-x0': (denoiser: Denoiser) => clipX0(denoiser),
} satisfies Record<string, (denoiser: Denoiser) => Denoiser>;

/** The noise schedule of a configuration. */
export function scheduleOf({ schedule, T, zeroTerminalSnr }: RunConfig['diffusion']): DiscreteSchedule {
  const plain = oneOf('schedule', SCHEDULES, schedule)(T);
  return zeroTerminalSnr ? withZeroTerminalSnr(plain) : plain;
}

/** What the network is trained to do. `batch` is the number of strata of `stratified` levels. */
export function objectiveOf(config: RunConfig['diffusion'], schedule: DiscreteSchedule, batch: number): Objective {
  const { prediction, weighting, gamma, levels } = config;
  return {
    prediction,
    levels: oneOf('levels', LEVELS, levels)(schedule, batch),
    weighting: oneOf('weighting', WEIGHTINGS, weighting ?? NATURAL[prediction])(gamma),
    previous: previousLevel(schedule),
  };
}

/** The levels that sampling visits. */
export function gridFor({ steps, spacing }: SampleConfig, schedule: DiscreteSchedule): Grid {
  return spacing === 'karras' ? karrasGrid(schedule, { steps }) : spacedGrid(schedule, { steps, spacing });
}

export const samplerOf = (config: SampleConfig): Sampler => oneOf('sampler', SAMPLERS, config.sampler)(config);
export const clippingOf = (config: SampleConfig): ((denoiser: Denoiser) => Denoiser) => oneOf('clip', CLIPPINGS, config.clip);
