/**
 * What a training step is fed with, as a pure function of (configuration, step, micro-batch): examples in shuffled order, augmented; levels and
 * noise; classes, some of them withheld; dropout masks. Everything is drawn from the stream of the example's number in the whole run.
 */
import { createStream, type Seed } from '../core/rng.ts';
import { tensor } from '../core/tensor.ts';
import { inOrder, type Loader } from '../data/loader.ts';
import type { Dataset } from '../data/dataset.ts';
import { dropConditions } from '../diffusion/condition-dropout.ts';
import { countFrom } from '../diffusion/noise.ts';
import { trainingPairs, type Objective, type TrainingPairs } from '../diffusion/objective.ts';
import { CLASS, classCondition, nullCondition } from '../generate/network-program.ts';
import type { DenoisingNetwork } from '../models/denoising-network.ts';
import type { DropoutMask } from '../nn/network.ts';
import type { Feeds } from '../train/executor.ts';

export interface BatchOptions {
  readonly network: DenoisingNetwork;
  readonly objective: Objective;
  readonly seed: Seed;
  readonly conditionDropout: number;
  readonly dropoutMasks: readonly DropoutMask[];
  readonly accumulation: number;
}

/** Makes `batchAt` of the training loop. Its arrays are used again at the next step. */
export function trainingBatches(loader: Loader, { network, objective, seed, conditionDropout, dropoutMasks, accumulation }: BatchOptions): (step: number, micro: number) => Feeds {
  const lent: (TrainingPairs | undefined)[] = [];
  return (step, micro) => {
    const { x0, labels, firstExample } = loader.batch(step * accumulation + micro);
    const indices = countFrom(firstExample, labels.length);
    const pairs = trainingPairs(tensor([labels.length, ...network.shape], x0), objective, { seed, indices }, lent[micro]);
    lent[micro] = pairs;
    let classes: Int32Array | undefined;
    if (network.classRows !== null) {
      const dropped = dropConditions(classCondition(labels), { nullCondition: nullCondition(network)!, probability: conditionDropout, seed, indices });
      classes = dropped[CLASS].data as Int32Array;
    }
    return { ...feedsOf(network, pairs, classes), ...masks(dropoutMasks, seed, indices) };
  };
}

/** The held-out examples as batches of one size with levels and noise of their own, always the same; a last short one is left out. */
export function* validationBatches(dataset: Dataset, batchSize: number, { network, objective, seed }: Pick<BatchOptions, 'network' | 'objective' | 'seed'>): Generator<Feeds, void, void> {
  for (const { x0, labels, firstExample } of inOrder(dataset, batchSize)) {
    if (labels.length < batchSize) return;
    const pairs = trainingPairs(tensor([batchSize, ...network.shape], x0), objective, { seed, indices: countFrom(firstExample, batchSize), phase: 'validation' });
    yield feedsOf(network, pairs, network.classRows === null ? undefined : labels);
  }
}

const feedsOf = (network: DenoisingNetwork, { xIn, timeInput, target, weight }: TrainingPairs, classLabels: Int32Array | undefined): Feeds => ({
  x: xIn, time: network.timeInput(timeInput), target, weight, ...(classLabels && { classLabels }),
});

/** Inverted dropout: 0 with the rate's probability (to 1/65536), else 1/(1 − rate). Mask k of an example is draw k of its stream. */
function masks(dropoutMasks: readonly DropoutMask[], seed: Seed, indices: Float64Array): Feeds {
  const feeds: Record<string, Float32Array> = {};
  dropoutMasks.forEach(({ input, shape, rate }, draw) => {
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    const threshold = Math.round(rate * 65536);
    const kept = 65536 / (65536 - threshold);
    const words = new Uint16Array(size);
    const mask = new Float32Array(indices.length * size);
    indices.forEach((index, row) => {
      createStream({ seed, purpose: 'dropout', index }).bits16(words, draw);
      for (let i = 0; i < size; i++) mask[row * size + i] = words[i] < threshold ? 0 : kept;
    });
    feeds[input] = mask;
  });
  return feeds;
}
