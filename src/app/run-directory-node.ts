/**
 * The folder of a run:
 *
 *   config.json          what it was made from, complete          metrics.jsonl      one line a step
 *   checkpoints/         see train/checkpoint.ts                  events.out.…       the same for TensorBoard, with the pictures
 *   samples/step-N.png   pictures as training goes                model.safetensors  the final weights (the average, where one is kept)
 *   run-….lock           while a process trains in it
 */
import { readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import { removeLeftovers } from '../formats/atomic-file-node.ts';
import { ensureFolder } from './file-access-node.ts';
import { lockFolder, type RunLock } from './run-lock-node.ts';

export const CHECKPOINTS = 'checkpoints';
export const CONFIG_FILE = 'config.json';
export const METRICS_FILE = 'metrics.jsonl';
export const MODEL_FILE = 'model.safetensors';
export const SAMPLES = 'samples';

async function checkFree(folder: string): Promise<void> {
  const present = await readdir(folder).catch(() => []);
  const taken = present.find((name) => [CHECKPOINTS, CONFIG_FILE, METRICS_FILE, MODEL_FILE].includes(name));
  check(!taken, 'train', `${folder} already holds a run (${taken}); continue it with --resume, or choose another folder with --out`);
}

async function checkRun(folder: string): Promise<void> {
  const there = await stat(join(folder, CHECKPOINTS)).catch(() => undefined);
  check(there?.isDirectory(), 'resume', `${folder} holds no run with checkpoints; give the folder that a training run wrote to`);
}

/**
 * Takes the folder of a run for this process: makes that of a new run, opens that of a resumed one and removes what a killed process left half-written.
 * Throws, having changed nothing, when a new run would overwrite one, a resumed one is not there, the folder cannot be written, or another process trains in it.
 */
export async function claimRunDirectory(folder: string, { resume }: { resume: boolean }): Promise<RunLock> {
  const checkFolder = resume ? checkRun : checkFree;
  await checkFolder(folder);
  const made = await ensureFolder(folder, 'train');
  const lock = await lockFolder(folder);
  const release = async (): Promise<void> => {
    await lock.release();
    // A run that failed before its first file leaves no empty folder.
    if (made) await rmdir(folder).catch(() => {});
  };
  try {
    // Again: another process may have had the lock in between.
    await checkFolder(folder);
    if (resume) for (const part of ['.', SAMPLES]) await removeLeftovers(join(folder, part)).catch(() => []);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}
