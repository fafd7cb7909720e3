/** From the data part of a configuration to datasets, files included. */
import { subset, type Dataset } from '../data/dataset.ts';
import { mnistDataFolder } from '../data/mnist-data-node.ts';
import { loadMnist } from '../data/mnist-node.ts';
import type { MnistPart } from '../data/mnist.ts';
import type { RunConfig } from './config.ts';
import type { DataConfig } from './config-data.ts';
import { datasetWithoutFiles, trainingData, type TrainingData } from './training-data.ts';

/** Reads what the configuration names; `given` is the dataset of kind `given`. Throws when it is absent or has no examples. */
export async function loadData(config: RunConfig, given?: Dataset): Promise<TrainingData> {
  const notices: string[] = [];
  const whole = datasetWithoutFiles(config.data, config.seed, given) ?? (await readFiles(config.data, notices));
  return trainingData(config, whole, notices);
}

/** The first examples that are not for training: MNIST's test part, otherwise undefined. */
export async function loadTestData(config: DataConfig): Promise<Dataset | undefined> {
  return config.kind === 'mnist' ? readMnist(config, 'test') : undefined;
}

const readMnist = (config: Extract<DataConfig, { kind: 'mnist' }>, part: MnistPart): Promise<Dataset> =>
  loadMnist(config.folder ?? mnistDataFolder(), part, { size: config.size });

async function readFiles(config: DataConfig, notices: string[]): Promise<Dataset> {
  if (config.kind === 'mnist') return limited(await readMnist(config, 'train'), config.limit);
  const { folder, size, channels, fit, background, unreadable: rule, limit } = config as Extract<DataConfig, { kind: 'image-folder' }>;
  // Its decoder takes a while to load, which every other command is spared.
  const { describeUnreadable, loadImageFolder } = await import('../data/image-folder-node.ts');
  const { dataset, unreadable, otherFiles } = await loadImageFolder(folder, { size, channels, fit, background, unreadable: rule });
  if (unreadable.length) notices.push(`${files(unreadable.length)} left out, unreadable:\n${describeUnreadable(unreadable)}`);
  if (otherFiles) notices.push(`${files(otherFiles)} passed over: no image by the name`);
  return limited(dataset, limit);
}

const files = (count: number): string => (count === 1 ? '1 file was' : `${count} files were`);

const limited = (dataset: Dataset, limit: number | null): Dataset =>
  limit === null || limit >= dataset.length ? dataset : subset(dataset, Array.from({ length: limit }, (_, i) => i));
