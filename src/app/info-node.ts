/** What is in a weight file, a checkpoint, the folder of a run, or a picture that was drawn here. */
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { readPngText } from '../formats/png.ts';
import { inspectSafetensors } from '../formats/safetensors-node.ts';
import { folderStore } from '../train/checkpoint-node.ts';
import { listCheckpoints, type CheckpointEntry } from '../train/checkpoint.ts';
import type { MetricsRecord } from '../train/metrics.ts';
import { whyNot } from './file-access-node.ts';
import { loadModel, modelHash } from './model-node.ts';
import { MODEL_FORMAT, type Model } from './model.ts';
import { RECIPE, recipeFrom, type PictureRecipe } from './picture-text.ts';
import { CHECKPOINTS, METRICS_FILE } from './run-directory-node.ts';
import { lockHolder, type LockHolder } from './run-lock-node.ts';
import { bundledModel } from './bundled-node.ts';

export interface TensorInfo {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface PictureInfo {
  readonly width: number;
  readonly height: number;
  /** How it was drawn, where it says so. */
  readonly recipe?: PictureRecipe;
  /** Its text chunks. */
  readonly text: Readonly<Record<string, string>>;
}

export interface Info {
  readonly path: string;
  readonly kind: 'run' | 'model' | 'checkpoint' | 'weights' | 'picture';
  /** Absent for weights of other programs. */
  readonly model?: Model;
  readonly modelHash?: string;
  readonly tensors?: readonly TensorInfo[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly checkpoints?: readonly CheckpointEntry[];
  /** The last line of the metrics with a loss. */
  readonly lastMetrics?: MetricsRecord;
  /** The process that trains in the run's folder now. */
  readonly training?: LockHolder;
  readonly picture?: PictureInfo;
}

/** Looks into `path`, or the bundled model of that name. Throws when there is nothing, or nothing that is understood. */
export async function info(given: string): Promise<Info> {
  const path = (await stat(given).then(() => given, () => bundledModel(given))) ?? given;
  const found = await stat(path).catch((error: unknown) => check(false, 'info', `cannot read ${path}: ${whyNot(error)}`) as never);
  if (found.isDirectory()) return runInfo(path);
  const start = await firstBytes(path);
  // A safetensors file opens with the length of its header, eight bytes, and then a brace; a PNG with a byte above 127 and its name.
  if (start.subarray(1, 4).toString('latin1') === 'PNG') return pictureInfo(path);
  check(start[8] === 0x7b, 'info', () => `${path} (${found.size} bytes) is neither a .safetensors file nor a PNG picture; give one of these, or the folder of a run`);
  const { metadata, entries } = await inspectSafetensors(path);
  const tensors = Array.from(entries.values(), ({ name, dtype, shape }) => ({ name, dtype, shape }));
  const isCheckpoint = metadata.format?.startsWith('noisette checkpoint');
  if (metadata.format !== MODEL_FORMAT && !isCheckpoint) return { path, kind: 'weights', tensors, metadata };
  const model = await loadModel(path);
  return { path, kind: isCheckpoint ? 'checkpoint' : 'model', model, modelHash: modelHash(model), tensors };
}

async function runInfo(path: string): Promise<Info> {
  const model = await loadModel(path);
  const hasCheckpoints = await stat(join(path, CHECKPOINTS)).then(() => true, () => false);
  const checkpoints = hasCheckpoints ? await listCheckpoints(await folderStore(join(path, CHECKPOINTS))) : [];
  const lines = await readFile(join(path, METRICS_FILE), 'utf8').catch(() => '');
  const records = lines.split('\n').slice(-50).flatMap(metricsRecord);
  const training = await lockHolder(path);
  return { path, kind: 'run', model, modelHash: modelHash(model), checkpoints, lastMetrics: records.findLast((record) => record.loss !== undefined), ...(training && { training }) };
}

/** A line of metrics; none where a kill tore it. */
function metricsRecord(line: string): MetricsRecord[] {
  try {
    return [JSON.parse(line) as MetricsRecord];
  } catch {
    return [];
  }
}

async function pictureInfo(path: string): Promise<Info> {
  const bytes = await readFile(path);
  const text = readPngText(new Uint8Array(bytes), path);
  const recipe = text.has(RECIPE) ? recipeFrom(text, path) : undefined;
  // The first chunk is the header; it begins with the size.
  return { path, kind: 'picture', picture: { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), text: Object.fromEntries(text), ...(recipe && { recipe }) } };
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: unknown) => check(false, 'info', `cannot read ${path}: ${whyNot(error)}`) as never);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Elements of all tensors. */
export const elementsIn = (tensors: readonly TensorInfo[]): number => tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
