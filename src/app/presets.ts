/** Configurations to start from: `noisette train --preset digits`. Everything in them can be changed by a flag or `--set`. */
import { oneOf } from '../core/errors.ts';
import type { RunConfigInput } from './config.ts';

/** What `npm run quickstart` trains: handwritten digits in about two minutes on two cores. */
const digitsQuick: RunConfigInput = {
  name: 'digits-quick',
  data: { kind: 'mnist', size: 32 },
  model: {
    architecture: 'unet2d',
    options: { patchSize: 2, blockOutChannels: [24, 48, 96], layersPerBlock: 1, normNumGroups: 8, attentionHeadDim: null, addAttention: true },
  },
  diffusion: { schedule: 'cosine', prediction: 'v', conditionDropout: 0.1, levels: 'stratified' },
  train: { steps: 650, batch: 64, lr: 3e-3, warmup: 40, lrDecay: 'cosine', lrFloor: 0.02, ema: 0.99, previewEvery: 130, previewCount: 2, previewSteps: 10, checkpointSeconds: 120 },
  sample: { sampler: 'dpm++', steps: 15, guidanceScale: 3 },
};

/** The bundled digits model (runs/digits). */
const digits: RunConfigInput = {
  name: 'digits',
  data: { kind: 'mnist', size: 32 },
  model: {
    architecture: 'unet2d',
    attentionAt: [8],
    options: { patchSize: 2, blockOutChannels: [32, 64, 96], layersPerBlock: 1, normNumGroups: 8, attentionHeadDim: null },
  },
  diffusion: { schedule: 'cosine', prediction: 'v', conditionDropout: 0.1, levels: 'stratified' },
  train: { steps: 4000, batch: 64, lr: 2e-3, warmup: 100, lrDecay: 'cosine', lrFloor: 0.01, ema: 0.998, validation: 1000, validationEvery: 1000, previewEvery: 1000, checkpointSeconds: 120 },
  sample: { sampler: 'dpm++', steps: 25, guidanceScale: 1.5 },
};

/** Points in the plane, in seconds. */
const toy: RunConfigInput = {
  name: 'toy',
  data: { kind: 'toy', name: 'moons' },
  model: { architecture: 'mlp', options: { width: 128, layers: 3 } },
  diffusion: { schedule: 'cosine', prediction: 'v', conditionDropout: 0.1 },
  train: { steps: 1500, batch: 256, lr: 2e-3, warmup: 50, lrDecay: 'cosine', ema: 0.99, previewEvery: 500, previewCount: 512, checkpointSeconds: 60 },
  sample: { sampler: 'ddim', steps: 25, guidanceScale: 1, clip: 'none' },
  // The matrices are too small to share between threads.
  threads: 1,
};

/** Coloured discs, squares and triangles: images without any download. */
const shapes: RunConfigInput = {
  name: 'shapes',
  data: { kind: 'shapes', size: 32 },
  model: { architecture: 'unet2d', options: { patchSize: 2, blockOutChannels: [32, 64, 64], layersPerBlock: 1, normNumGroups: 8, attentionHeadDim: null } },
  diffusion: { schedule: 'cosine', prediction: 'v', conditionDropout: 0.1, levels: 'stratified' },
  train: { steps: 1500, batch: 64, lr: 2e-3, warmup: 50, lrDecay: 'cosine', ema: 0.995, previewEvery: 250, previewCount: 6, previewSteps: 20 },
  sample: { sampler: 'ddim', steps: 25, guidanceScale: 1.5 },
};

/** A folder of your own pictures at 32×32; give `--data FOLDER`. */
const images: RunConfigInput = {
  name: 'images',
  data: { kind: 'image-folder', folder: '.', size: 32, flip: true },
  model: { architecture: 'unet2d', attentionAt: [8], options: { blockOutChannels: [64, 128, 128], layersPerBlock: 2, normNumGroups: 8, attentionHeadDim: null } },
  diffusion: { schedule: 'cosine', prediction: 'v', conditionDropout: 0.1, levels: 'stratified' },
  train: { steps: 20_000, batch: 32, lr: 3e-4, warmup: 500, lrDecay: 'cosine', lrFloor: 0.02, ema: 0.999, validationEvery: 1000, previewEvery: 1000 },
  sample: { sampler: 'dpm++', steps: 25, guidanceScale: 2 },
};

export const PRESETS = { 'digits-quick': digitsQuick, digits, toy, shapes, images } as const;
export type PresetName = keyof typeof PRESETS;

/** A preset by name. Throws on an unknown one, naming the valid set. */
export const preset = (name: string): RunConfigInput => oneOf('preset', PRESETS as Readonly<Record<string, RunConfigInput>>, name);

/** A preset for fewer steps than its own: the warm-up takes a tenth of them at most. */
export function forSteps(settings: RunConfigInput, steps: number | undefined): RunConfigInput {
  const { train = {} } = settings;
  if (steps === undefined || train.warmup === undefined) return settings;
  return { ...settings, train: { ...train, steps, warmup: Math.min(train.warmup, Math.floor(steps / 10)) } };
}
