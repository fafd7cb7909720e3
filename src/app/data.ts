/** From the data part of a configuration to datasets: what is trained on, what is held out, what is done to each example. */
import { check } from '../core/errors.ts';
import type { Seed } from '../core/rng.ts';
import { subset, type Dataset } from '../data/dataset.ts';
import type { Augment } from '../data/loader.ts';
import { describeUnreadable, loadImageFolder } from '../data/image-folder-node.ts';
import { mnistDataFolder } from '../data/mnist-data-node.ts';
import { loadMnist } from '../data/mnist-node.ts';
import type { MnistPart } from '../data/mnist.ts';
import { shapesDataset } from '../data/shapes.ts';
import { split } from '../data/split.ts';
import { toyDataset } from '../data/toy.ts';
import { randomFlip, randomShift } from '../data/transforms.ts';
import type { RunConfig } from './config.ts';
import type { DataConfig } from './config-data.ts';

export interface LoadedData {
  readonly train: Dataset;
  /** Held out of `train` for the validation loss; empty when `train.validation` is 0. */
  readonly validation: Dataset | undefined;
  readonly augment: readonly Augment[];
  /** What the user should know: files that were left out. */
  readonly notices: readonly string[];
}

/** Reads what the configuration names. Throws when it is absent or has no examples. */
export async function loadData(config: RunConfig): Promise<LoadedData> {
  const notices: string[] = [];
  const whole = await readWhole(config.data, config.seed, notices);
  check(whole.length > 0, 'data', 'there are no examples');
  const { validation: count } = config.train;
  check(count < whole.length, 'data', `train.validation holds out ${count} examples, but there are only ${whole.length}`);
  const parts = count > 0 ? split(whole, { seed: config.seed, count }) : undefined;
  return { train: parts?.train ?? whole, validation: parts?.validation, augment: augmentationOf(config.data), notices };
}

/** The first examples that are not for training: MNIST's test part, otherwise undefined. */
export async function loadTestData(config: DataConfig): Promise<Dataset | undefined> {
  return config.kind === 'mnist' ? readMnist(config, 'test') : undefined;
}

const readMnist = (config: Extract<DataConfig, { kind: 'mnist' }>, part: MnistPart): Promise<Dataset> =>
  loadMnist(config.folder ?? mnistDataFolder(), part, { size: config.size });

async function readWhole(config: DataConfig, seed: Seed, notices: string[]): Promise<Dataset> {
  switch (config.kind) {
    case 'mnist': return limited(await readMnist(config, 'train'), config.limit);
    case 'toy': return toyDataset(config.name, config.count, { seed });
    case 'shapes': return shapesDataset({ seed, length: config.count, size: config.size, channels: config.channels });
    case 'image-folder': {
      const { folder, size, channels, fit, background, unreadable: rule, limit } = config;
      const { dataset, unreadable, otherFiles } = await loadImageFolder(folder, { size, channels, fit, background, unreadable: rule });
      if (unreadable.length) notices.push(`${unreadable.length} files could not be read and were left out:\n${describeUnreadable(unreadable)}`);
      if (otherFiles) notices.push(`${otherFiles} files are no images by their names and were passed over`);
      return limited(dataset, limit);
    }
  }
}

const limited = (dataset: Dataset, limit: number | null): Dataset =>
  limit === null || limit >= dataset.length ? dataset : subset(dataset, Array.from({ length: limit }, (_, i) => i));

function augmentationOf(config: DataConfig): Augment[] {
  if (config.kind === 'toy') return [];
  return [...(config.flip ? [randomFlip()] : []), ...(config.shift > 0 ? [randomShift(config.shift)] : [])];
}
