/**
 * The folder of a run:
 *
 *   config.json          what it was made from, complete          metrics.jsonl      one line a step
 *   checkpoints/         see train/checkpoint.ts                  events.out.…       the same for TensorBoard, with the pictures
 *   samples/step-N.png   pictures as training goes                model.safetensors  the final weights (the average, where one is kept)
 */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import { removeLeftovers } from '../formats/atomic-file-node.ts';

export const CHECKPOINTS = 'checkpoints';
export const CONFIG_FILE = 'config.json';
export const METRICS_FILE = 'metrics.jsonl';
export const MODEL_FILE = 'model.safetensors';
export const SAMPLES = 'samples';

/** Makes the folder of a new run. Throws when it already holds one. */
export async function createRunDirectory(folder: string): Promise<void> {
  const present = await readdir(folder).catch(() => []);
  const taken = present.find((name) => [CHECKPOINTS, CONFIG_FILE, METRICS_FILE, MODEL_FILE].includes(name));
  check(!taken, 'train', `${folder} already holds a run (${taken}); continue it with --resume, or choose another folder with --out`);
  await mkdir(join(folder, SAMPLES), { recursive: true });
}

/** Checks that a folder holds a run, and removes what a killed process left half-written. */
export async function openRunDirectory(folder: string): Promise<void> {
  const there = await stat(join(folder, CHECKPOINTS)).catch(() => undefined);
  check(there?.isDirectory(), 'resume', `${folder} holds no run with checkpoints; give the folder that a training run wrote to`);
  await mkdir(join(folder, SAMPLES), { recursive: true });
  for (const part of ['.', SAMPLES]) await removeLeftovers(join(folder, part));
}
