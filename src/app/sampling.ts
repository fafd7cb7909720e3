/** Samples of a network by a configuration's words: the loop that previews, `sample`, films and evaluation share. */
import { check } from '../core/errors.ts';
import type { Seed } from '../core/rng.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import type { Network } from '../diffusion/denoiser.ts';
import { sample, type SampleStep } from '../diffusion/sample.ts';
import { previousLevel } from '../diffusion/schedule.ts';
import { guidedDenoiser, isGuided } from '../generate/guided-denoiser.ts';
import { classCondition } from '../generate/network-program.ts';
import type { DenoisingNetwork } from '../models/denoising-network.ts';
import { clippingOf, gridFor, samplerOf, scheduleOf } from './choices.ts';
import type { RunConfig, SampleConfig } from './config.ts';

export interface SamplingRequest {
  /** How many. */
  readonly count: number;
  /** One a sample; absent for unconditional networks. */
  readonly classes?: ArrayLike<number>;
  readonly seed: Seed;
  readonly settings: SampleConfig;
  /** Samples at once. */
  readonly batch: number;
  /** Make only the batch that this sample is in; the values of the others stay 0. */
  readonly only?: number;
  readonly signal?: AbortSignal;
}

/** Samples with values about [−1, 1]; sample k depends on (seed, k) and its class alone. */
export interface Samples {
  /** [count, …shape] */
  readonly values: Float32Array;
  readonly shape: Shape;
  readonly count: number;
  readonly classes?: Int32Array;
}

export type SamplingEvent =
  /** One step of one batch, whose first sample is `first`. `fraction` of the whole work is done. */
  | ({ readonly type: 'sampling'; readonly first: number; readonly fraction: number } & SampleStep)
  | { readonly type: 'samples'; readonly samples: Samples };

/** Batches as equal as can be, none above `batch`. */
export const evenBatch = (count: number, batch: number): number => Math.ceil(count / Math.ceil(count / batch));

/** Sizes that programs for this request need: guided batches are twice as long. */
export function batchSizesFor(network: DenoisingNetwork, { count, batch, settings }: Pick<SamplingRequest, 'count' | 'batch' | 'settings'>): number[] {
  const rows = evenBatch(count, batch);
  if (!isGuided(network, settings)) return [rows];
  return settings.guidanceInterval ? [rows, 2 * rows] : [2 * rows];
}

/** Yields every step of every batch, then all samples. Throws the signal's reason when aborted. */
export async function* sampleNetwork(network: Network, description: DenoisingNetwork, diffusion: RunConfig['diffusion'], request: SamplingRequest): AsyncGenerator<SamplingEvent, void, undefined> {
  const { count, classes, seed, settings, only, signal } = request;
  check(Number.isInteger(count) && count >= 1, 'sample', () => `count must be a positive integer but is ${count}`);
  check((classes !== undefined) === (description.classRows !== null), 'sample', description.classRows === null ? 'this model is unconditional; leave the classes out' : 'this model is class-conditional; say which classes');
  check(classes === undefined || classes.length === count, 'sample', () => `${count} samples need as many classes but ${classes?.length} came`);
  check(only === undefined || (Number.isInteger(only) && only >= 0 && only < count), 'sample', () => `there is no sample ${only} among ${count}`);
  const schedule = scheduleOf(diffusion);
  const grid = gridFor(settings, schedule);
  const denoiser = guidedDenoiser(network, description, {
    prediction: diffusion.prediction,
    previous: previousLevel(schedule),
    guidanceScale: description.classRows === null ? 1 : settings.guidanceScale,
    sigmaInterval: settings.guidanceInterval ?? undefined,
    clip: clippingOf(settings),
  });
  const batch = evenBatch(count, request.batch);
  const values = new Float32Array(count * sizeOf(description.shape));
  for (let first = 0; first < count; first += batch) {
    const rows = Math.min(batch, count - first);
    if (only !== undefined && (only < first || only >= first + rows)) continue;
    const indices = Float64Array.from({ length: rows }, (_, i) => first + i);
    const condition = classes && classCondition(Array.from(indices, (index) => classes[index]));
    const steps = sample(denoiser, { schedule, grid, sampler: samplerOf(settings), shape: [rows, ...description.shape], seed, indices, condition, signal });
    for await (const step of steps) {
      yield { type: 'sampling', first, fraction: (first + (rows * step.step) / step.steps) / count, ...step };
      if (step.step === step.steps) values.set(step.x.data, first * sizeOf(description.shape));
    }
  }
  yield { type: 'samples', samples: { values, shape: description.shape, count, ...(classes && { classes: Int32Array.from(classes) }) } };
}
