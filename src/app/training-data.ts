/** From a dataset to what training takes: what is trained on, what is held out, what is done to each example. Also the data that is made rather than read. */
import { check } from '../core/errors.ts';
import type { Seed } from '../core/rng.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Augment } from '../data/loader.ts';
import { shapesDataset } from '../data/shapes.ts';
import { split } from '../data/split.ts';
import { toyDataset } from '../data/toy.ts';
import { randomFlip, randomShift } from '../data/transforms.ts';
import type { RunConfig } from './config.ts';
import type { DataConfig } from './config-data.ts';

export interface TrainingData {
  readonly train: Dataset;
  /** Held out of `train` for the validation loss; undefined when `train.validation` is 0. */
  readonly validation: Dataset | undefined;
  readonly augment: readonly Augment[];
  /** What the user should know: files that were left out. */
  readonly notices: readonly string[];
}

/** Holds out and augments as the configuration says. Throws when nothing would be left to train on. */
export function trainingData(config: RunConfig, whole: Dataset, notices: readonly string[] = []): TrainingData {
  check(whole.length > 0, 'data', 'there are no examples');
  const { validation: count } = config.train;
  check(count < whole.length, 'data', `train.validation holds out ${count} examples, but there are only ${whole.length}; hold out fewer, or none with 0`);
  const parts = count > 0 ? split(whole, { seed: config.seed, count }) : undefined;
  return { train: parts?.train ?? whole, validation: parts?.validation, augment: augmentationOf(config.data), notices };
}

/** Data that needs no files: made by formula, or handed over. undefined for kinds that are read. */
export function datasetWithoutFiles(config: DataConfig, seed: Seed, given?: Dataset): Dataset | undefined {
  check(given === undefined || config.kind === 'given', 'data', () => `a dataset was handed over, but data.kind is ${config.kind}; set data to { kind: 'given' }`);
  switch (config.kind) {
    case 'toy': return toyDataset(config.name, config.count, { seed });
    case 'shapes': return shapesDataset({ seed, length: config.count, size: config.size, channels: config.channels });
    case 'given':
      check(given, 'data', 'data of kind given is handed over by the program: train(settings, { dataset })');
      return given;
    default: return undefined;
  }
}

function augmentationOf(config: DataConfig): Augment[] {
  if (config.kind === 'toy') return [];
  return [...(config.flip ? [randomFlip()] : []), ...(config.shift > 0 ? [randomShift(config.shift)] : [])];
}
