/** Models on disk: a weight file, a checkpoint, or the folder of a run. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ImageShape } from '../data/dataset.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import { inspectSafetensors, loadSafetensors } from '../formats/safetensors-node.ts';
import { openCheckpoint, type CheckpointFile } from '../train/checkpoint-file.ts';
import { folderStore } from '../train/checkpoint-node.ts';
import { listCheckpoints, newestCheckpoint } from '../train/checkpoint.ts';
import { checkComplete, loadStateDict } from '../nn/load-state-dict.ts';
import { stateDict } from '../nn/parameters.ts';
import { bundledModel, bundledModels } from './bundled-node.ts';
import { buildNetwork } from './build.ts';
import { parseConfig } from './config.ts';
import { ensureFilePlace } from './file-access-node.ts';
import { layoutOf, MODEL_FORMAT, modelChunks, modelFromFile, weightsIn, type Model } from './model.ts';
import { CHECKPOINTS, MODEL_FILE } from './run-directory-node.ts';
import { NETWORK_NAME } from './run-records.ts';

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

/**
 * Opens a model: a `.safetensors` file that `saveModel` or a run wrote, a checkpoint, the folder of a run (its final weights, or its newest
 * checkpoint when that is further), or the name of a bundled model. Checkpoints give the moving average where there is one.
 * @param onNotice told of damaged checkpoints that were passed over
 */
export async function loadModel(given: string, onNotice: (message: string) => void = () => {}): Promise<Model> {
  const path = (await exists(given)) ? given : (bundledModel(given) ?? given);
  const kind = await stat(path).catch(() => undefined);
  check(kind, 'model', () => `there is no ${path}; give ${WHAT_IS_A_MODEL()}`);
  if (!kind.isDirectory()) {
    const { metadata } = await inspectSafetensors(path);
    return isCheckpoint(metadata) ? modelFromCheckpoint(openCheckpoint(bytesOf(await readFile(path)), path), path) : modelFromFile(await loadSafetensors(path), path);
  }
  const final = (await exists(join(path, MODEL_FILE))) ? modelFromFile(await loadSafetensors(join(path, MODEL_FILE)), join(path, MODEL_FILE)) : undefined;
  const store = (await exists(join(path, CHECKPOINTS))) ? await folderStore(join(path, CHECKPOINTS)) : undefined;
  // Checkpoints are hashed when they are read: not where the final weights are as far.
  const newest = store && (await listCheckpoints(store))[0];
  if (final && (!newest || final.step >= newest.step)) return final;
  const found = store && (await newestCheckpoint(store));
  check(found, 'model', () => `${path} has neither ${MODEL_FILE} nor a checkpoint; give ${WHAT_IS_A_MODEL()}`);
  for (const warning of found.warnings) onNotice(`${warning}; ${found.entry.file} is used`);
  return modelFromCheckpoint(found.file, join(path, CHECKPOINTS, found.entry.file));
}

const isCheckpoint = ({ format }: Readonly<Record<string, string>>): boolean => format?.startsWith('noisette checkpoint') ?? false;
const WHAT_IS_A_MODEL = (): string => {
  const bundled = bundledModels();
  return bundled.length ? `a .safetensors file, the folder of a run, or the name of a bundled model: ${bundled.join(', ')}` : 'a .safetensors file or the folder of a run';
};

/** Named weights to start from: of a model as {@link loadModel} opens it, or of any safetensors file of floats. */
export async function loadWeights(path: string): Promise<Map<string, Tensor>> {
  const isFile = await stat(path).then((found) => found.isFile(), () => false);
  if (isFile) {
    const { metadata } = await inspectSafetensors(path);
    if (metadata.format !== MODEL_FORMAT && !isCheckpoint(metadata)) return weightsIn(await loadSafetensors(path));
  }
  const { network, weights } = await loadModel(path);
  return stateDict(layoutOf(network), { trainable: weights, frozen: new Float32Array(0) });
}

const bytesOf = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length);

/** The model inside a checkpoint. */
function modelFromCheckpoint(file: CheckpointFile, where: string): Model {
  const { dataset, ...run } = file.config as unknown as { readonly dataset: { readonly shape: ImageShape; readonly classNames: readonly string[] | null } };
  const { shape } = dataset;
  const classNames = dataset.classNames ?? undefined;
  const config = parseConfig(run, where);
  const network = buildNetwork(config, { shape, classNames });
  const layout = layoutOf(network);
  const averaged = config.train.ema !== null;
  const prefix = `${NETWORK_NAME}/${averaged ? 'ema' : 'weights'}/`;
  const weights = new Float32Array(layout.trainableSize);
  const named = new Map([...file.tensors.entries.keys()].filter((name) => name.startsWith(prefix)).map((name) => [name.slice(prefix.length), file.tensors.float32(name)]));
  checkComplete(where, loadStateDict(layout, { trainable: weights, frozen: new Float32Array(0) }, named));
  return { config, shape, classNames, network, weights, step: file.step, averaged };
}

/** Writes a model as safetensors, whole or not at all. */
export async function saveModel(path: string, model: Model): Promise<void> {
  await ensureFilePlace(path, 'model');
  await writeFileAtomic(path, modelChunks(model));
}

/** Names the weights: the first 16 hexadecimal digits of their SHA-256. */
export const modelHash = ({ weights }: Model): string =>
  createHash('sha256').update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)).digest('hex').slice(0, 16);
