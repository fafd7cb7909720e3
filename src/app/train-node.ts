/** Training with files: reads the data a configuration names, and keeps the folder of the run. The training itself is in `training.ts`. */
import { check } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { RunConfig } from './config.ts';
import { loadData } from './data-node.ts';
import { loadWeights } from './model-node.ts';
import { claimRunDirectory } from './run-directory-node.ts';
import { openRecords } from './run-records-node.ts';
import { trainOn, type TrainEvent } from './training.ts';

export type { TrainEvent } from './training.ts';

export interface TrainOptions {
  /** The folder of the run; absent: nothing is written, and the model is in the last event. */
  readonly folder?: string;
  /** Continue the run in `folder`. */
  readonly resume?: boolean;
  /** Start from these weights: a `.safetensors` file, a checkpoint, or the folder of a run. */
  readonly weights?: string;
  /** The examples, for data of kind `given`. */
  readonly dataset?: Dataset;
  readonly signal?: AbortSignal;
}

/** Trains; the last event is `model-saved` unless it was aborted before the end. Throws on settings, data or weights that do not fit. */
export async function* train(config: RunConfig, { folder, resume = false, weights, dataset, signal }: TrainOptions = {}): AsyncGenerator<TrainEvent, void, undefined> {
  check(!resume || folder, 'train', 'resuming needs the folder of the run');
  check(!(resume && weights), 'train', 'a resumed run has its own weights; leave out either resume or weights');
  // Before the data is read and programs are compiled: a folder that cannot be had ends it at once.
  const claim = folder === undefined ? undefined : await claimRunDirectory(folder, { resume });
  try {
    yield* trainOn(config, {
      data: await loadData(config, dataset),
      ...(weights !== undefined && { weights: { from: weights, values: await loadWeights(weights) } }),
      ...(folder !== undefined && { openRecords: (run) => openRecords(folder, { ...run, config, resume }) }),
      signal,
    });
  } finally {
    await claim?.release();
  }
}
