/**
 * What a denoising network is fed with, as a pure function of (seed, step, micro-batch): examples in the loader's order, levels and noise,
 * labels dropped to the null class with the probability that guidance needs, dropout masks. Example n of the run draws from the streams of
 * index n, whatever the batch; nothing needs to be stored to resume.
 *
 * Validation examples have their own streams and always the same levels and noise, so that two validation losses differ by the weights alone.
 */
import { check } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Loader } from '../data/loader.ts';
import { countFrom } from '../diffusion/noise.ts';
import { trainingPairs, type Objective } from '../diffusion/objective.ts';
import type { DenoisingNetwork } from '../models/denoising-network.ts';
import type { DropoutMask } from '../nn/network.ts';
import { dropoutFeeds } from './dropout-masks.ts';
import type { Feeds } from './executor.ts';

/** What training and validation share. */
export interface DenoisingTask {
  readonly network: DenoisingNetwork;
  readonly objective: Objective;
  readonly seed: Seed;
}

export interface TrainingBatches extends DenoisingTask {
  readonly loader: Loader;
  /** Micro-batches a step. */
  readonly accumulate?: number;
  /** Probability that a label becomes the null class. */
  readonly conditionDropout?: number;
  readonly dropoutMasks: readonly DropoutMask[];
}

export interface ValidationBatches extends DenoisingTask {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** At most this many examples, from the start. */
  readonly limit?: number;
}

/** Classes are rows 0 …, the null class the last row. Throws when data and network disagree on them. */
function checkClasses(where: string, { classRows }: DenoisingNetwork, dataset: Dataset): void {
  if (classRows === null) return;
  const classes = dataset.classNames?.length ?? 0;
  check(classes + 1 === classRows, where, `the network has ${classRows} class rows, the null class among them, but the data has ${classes} classes; ${classes ? `numClassEmbeds must be ${classes + 1}` : 'numClassEmbeds must be null'}`);
}

function feedsOf({ network, objective, seed }: DenoisingTask, x0: Float32Array, indices: Float64Array, labels: Int32Array, phase: 'train' | 'validation'): Record<string, Feeds[string]> {
  const pairs = trainingPairs({ dtype: 'float32', shape: [indices.length, ...network.shape], data: x0 }, objective, { seed, indices, phase });
  return {
    x: pairs.xIn, time: network.timeInput(pairs.timeInput), target: pairs.target, weight: pairs.weight,
    ...(network.classRows !== null && { classLabels: labels }),
  };
}

/** The `batchAt` of the training loop. */
export function trainingBatches(options: TrainingBatches): (step: number, micro: number) => Feeds {
  const { network, seed, loader, accumulate = 1, conditionDropout = 0, dropoutMasks } = options;
  checkClasses('trainingBatches', network, loader.dataset);
  check(conditionDropout >= 0 && conditionDropout <= 1, 'trainingBatches', `conditionDropout is a probability in [0, 1], got ${conditionDropout}`);
  check(conditionDropout === 0 || network.classRows !== null, 'trainingBatches', 'conditionDropout needs a network with classes; set it to 0');
  return (step, micro) => {
    const { x0, labels, firstExample } = loader.batch(step * accumulate + micro);
    const indices = countFrom(firstExample, loader.batchSize);
    if (network.classRows !== null && conditionDropout > 0) {
      for (let row = 0; row < labels.length; row++) {
        if (createStream({ seed, purpose: 'conditionDropout', index: indices[row] }).uniform() < conditionDropout) labels[row] = network.classRows - 1;
      }
    }
    return { ...feedsOf(options, x0, indices, labels, 'train'), ...dropoutFeeds(dropoutMasks, seed, indices) };
  };
}

/** The batches of a validation loss: each held-out example once (the last batch is filled from the start, with other noise), no dropout of any kind. */
export function validationBatches(options: ValidationBatches): () => Generator<Feeds, void, void> {
  const { network, dataset, batchSize, limit = Infinity } = options;
  checkClasses('validationBatches', network, dataset);
  check(dataset.length > 0, 'validationBatches', 'the validation set is empty');
  const count = Math.ceil(Math.min(dataset.length, limit) / batchSize);
  const size = network.shape.reduce((product, d) => product * d, 1);
  return function* () {
    for (let batch = 0; batch < count; batch++) {
      const indices = countFrom(batch * batchSize, batchSize);
      const x0 = new Float32Array(batchSize * size);
      indices.forEach((n, row) => dataset.get(n % dataset.length, x0.subarray(row * size, (row + 1) * size)));
      yield feedsOf(options, x0, indices, Int32Array.from(indices, (n) => dataset.label(n % dataset.length)), 'validation');
    }
  };
}
