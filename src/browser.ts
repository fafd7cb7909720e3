/**
 * `noisette` in a page: as `index.ts`, but nothing here touches files. Data is made by formula or handed over as a dataset, models are opened from URLs or
 * bytes, and {@link encodeModel} gives the bytes of a model for a download.
 */
import { parseConfig, type RunConfigInput } from './app/config.ts';
import { decodeModel, type Model } from './app/model.ts';
import { trainOn, type TrainEvent, type TrainingParts } from './app/training.ts';
import { datasetWithoutFiles, trainingData } from './app/training-data.ts';
import { check } from './core/errors.ts';
import type { Dataset } from './data/dataset.ts';

export * from './common.ts';
export { evaluate } from './app/evaluate.ts';
export { noRecords, type RunRecords } from './app/run-records.ts';

export interface TrainOptions extends Pick<TrainingParts, 'weights' | 'openRecords' | 'signal'> {
  /** The examples, for data of kind `given`. */
  readonly dataset?: Dataset;
}

/** Trains what `settings` describe; see `index.ts`. Throws on data that would have to be read from files. */
export function train(settings: RunConfigInput, { dataset, ...options }: TrainOptions = {}): AsyncGenerator<TrainEvent, void, undefined> {
  const config = parseConfig(settings, 'train');
  const data = datasetWithoutFiles(config.data, config.seed, dataset);
  check(data, 'train', () => `data of kind ${config.data.kind} is read from files, which a page cannot; set data to { kind: 'given' } and hand over a dataset`);
  return trainOn(config, { data: trainingData(config, data), ...options });
}

/** Opens a model from the URL of its file, or from the file's bytes. Throws when it cannot be fetched or is none. */
export async function load(source: string | URL | Uint8Array<ArrayBuffer>): Promise<Model> {
  if (source instanceof Uint8Array) return decodeModel(source);
  const response = await fetch(source);
  check(response.ok, 'load', () => `${String(source)} cannot be fetched: ${response.status} ${response.statusText}`);
  return decodeModel(new Uint8Array(await response.arrayBuffer()), String(source));
}
