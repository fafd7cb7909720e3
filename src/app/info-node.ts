/** What is in a weight file, a checkpoint or the folder of a run. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readWeightFile, loadModel, modelHash } from './model-node.ts';
import { METRICS_FILE, CHECKPOINTS } from './run-directory-node.ts';
import { folderStore } from '../train/checkpoint-node.ts';
import { listCheckpoints, type CheckpointEntry } from '../train/checkpoint.ts';
import type { MetricsRecord } from '../train/metrics.ts';
import type { Model } from './model.ts';
import { sizeOf } from '../core/shape.ts';

export interface TensorInfo {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface Info {
  readonly path: string;
  readonly kind: 'run' | 'model' | 'checkpoint' | 'weights';
  /** Absent for weights of other programs. */
  readonly model?: Model;
  readonly modelHash?: string;
  readonly tensors?: readonly TensorInfo[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly checkpoints?: readonly CheckpointEntry[];
  /** The last line of the metrics with a loss. */
  readonly lastMetrics?: MetricsRecord;
}

/** Looks into `path`. Throws when there is nothing to be understood. */
export async function info(path: string): Promise<Info> {
  const isFolder = await stat(path).then((found) => found.isDirectory(), () => false);
  if (isFolder) {
    const model = await loadModel(path);
    const checkpoints = await listCheckpoints(await folderStore(join(path, CHECKPOINTS)));
    const lines = await readFile(join(path, METRICS_FILE), 'utf8').catch(() => '');
    const records = lines.split('\n').filter(Boolean).slice(-50).map((line) => JSON.parse(line) as MetricsRecord);
    return { path, kind: 'run', model, modelHash: modelHash(model), checkpoints, lastMetrics: records.findLast((record) => record.loss !== undefined) };
  }
  const file = await readWeightFile(path);
  const { metadata } = file;
  const tensors = [...file.entries].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  if (!metadata.format?.startsWith('noisette')) return { path, kind: 'weights', tensors, metadata };
  const model = await loadModel(path);
  return { path, kind: metadata.format.startsWith('noisette checkpoint') ? 'checkpoint' : 'model', model, modelHash: modelHash(model), tensors };
}

/** Elements of all tensors. */
export const elementsIn = (tensors: readonly TensorInfo[]): number => tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
