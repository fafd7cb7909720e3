/** Models on disk: a weight file, a checkpoint, or the folder of a run. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { check } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ImageShape } from '../data/dataset.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import { readSafetensors, type SafetensorsFile } from '../formats/safetensors.ts';
import { openCheckpoint, type CheckpointFile } from '../train/checkpoint-file.ts';
import { folderStore } from '../train/checkpoint-node.ts';
import { newestCheckpoint } from '../train/checkpoint.ts';
import { checkComplete, loadStateDict } from '../nn/load-state-dict.ts';
import { stateDict } from '../nn/parameters.ts';
import { bundledModel, bundledModels } from './bundled-node.ts';
import { buildNetwork } from './build.ts';
import { parseConfig } from './config.ts';
import { layoutOf, modelChunks, modelFromFile, weightsIn, type Model } from './model.ts';
import { CHECKPOINTS, MODEL_FILE } from './run-directory-node.ts';
import { NETWORK_NAME } from './run-records.ts';

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

/** Reads a safetensors file. Throws when there is none. */
export async function readWeightFile(path: string): Promise<SafetensorsFile> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => check(false, 'model', `cannot read ${path} (${error.code})`) as never);
  return readSafetensors(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), path);
}

/**
 * Opens a model: a `.safetensors` file that `saveModel` or a run wrote, a checkpoint, the folder of a run (its final weights, or its newest
 * checkpoint when that is further), or the name of a bundled model. Checkpoints give the moving average where there is one.
 */
export async function loadModel(given: string): Promise<Model> {
  const path = (await exists(given)) ? given : (bundledModel(given) ?? given);
  const kind = await stat(path).catch(() => undefined);
  check(kind, 'model', () => `there is no ${path}; give a .safetensors file, the folder of a run${bundledModels().length ? `, or one of the bundled models: ${bundledModels().join(', ')}` : ''}`);
  if (!kind.isDirectory()) {
    const file = await readWeightFile(path);
    return file.metadata.format?.startsWith('noisette checkpoint') ? modelFromCheckpoint(openCheckpoint(bytesOf(await readFile(path)), path), path) : modelFromFile(file, path);
  }
  const checkpoints = join(path, CHECKPOINTS);
  const found = (await stat(checkpoints).catch(() => undefined)) && (await newestCheckpoint(await folderStore(checkpoints)));
  const finished = await stat(join(path, MODEL_FILE)).catch(() => undefined);
  const final = finished && modelFromFile(await readWeightFile(join(path, MODEL_FILE)), join(path, MODEL_FILE));
  check(final || found, 'model', `${path} has neither ${MODEL_FILE} nor a checkpoint; give a .safetensors file or the folder of a run`);
  return final && (!found || final.step >= found.entry.step) ? final : modelFromCheckpoint(found!.file, found!.entry.file);
}

/** Named weights to start from: of a model as {@link loadModel} opens it, or of any safetensors file of floats. */
export async function loadWeights(path: string): Promise<Map<string, Tensor>> {
  const isFile = await stat(path).then((found) => found.isFile(), () => false);
  if (isFile) {
    const file = await readWeightFile(path);
    if (!file.metadata.format?.startsWith('noisette')) return weightsIn(file);
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
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, modelChunks(model));
}

/** Names the weights: the first 16 hexadecimal digits of their SHA-256. */
export const modelHash = ({ weights }: Model): string =>
  createHash('sha256').update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)).digest('hex').slice(0, 16);
