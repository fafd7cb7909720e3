/**
 * The folder that quickstart may empty: one that it made itself and in which nobody put anything else. It knows its own by `quickstart.json`, which it writes first
 * and which holds the scores at the end, and by the names of all files; a run of hours in another folder, or a picture dropped into this one, is not lost.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check, listed } from '../core/errors.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import { ensureFolder } from './file-access-node.ts';
import { CHECKPOINTS, CONFIG_FILE, METRICS_FILE, MODEL_FILE, SAMPLES } from './run-directory-node.ts';
import { isLockName, lockHolder, showHolder } from './run-lock-node.ts';

const MARK = 'quickstart.json';
export const GRID_FILE = 'grid.png';
export const FILM_FILE = 'film.gif';

const NAMES = new Set([MARK, CONFIG_FILE, METRICS_FILE, MODEL_FILE, GRID_FILE, FILM_FILE]);
const PATTERNS = [
  /^events\.out\.tfevents\.[\w.-]+$/,
  new RegExp(`^${SAMPLES}/step-\\d+\\.png$`),
  new RegExp(`^${CHECKPOINTS}/(latest\\.json|step-\\d+-[0-9a-f]{12}\\.safetensors)$`),
  // What a killed process left half-written.
  /^(\w+\/)?\.[\w.-]+\.partial$/,
];
const isOwn = (path: string): boolean => NAMES.has(path) || isLockName(path) || PATTERNS.some((pattern) => pattern.test(path));

/** Files below a folder by their path with forward slashes; of sub-folders that are not a run's, only their name and a slash. */
async function filesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) paths.push(entry.name);
    else if (entry.name === SAMPLES || entry.name === CHECKPOINTS) {
      for (const below of await readdir(join(folder, entry.name), { withFileTypes: true })) paths.push(`${entry.name}/${below.name}${below.isDirectory() ? '/' : ''}`);
    } else paths.push(`${entry.name}/`);
  }
  return paths;
}

/** Empties the folder of an earlier quickstart, or makes a new one, and marks it. Throws, having deleted nothing, when it holds anything else. */
export async function emptyQuickstartFolder(folder: string, mark: Readonly<Record<string, unknown>>): Promise<void> {
  const where = 'quickstart';
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) {
    const paths = await filesIn(folder);
    const others = paths.filter((path) => !isOwn(path));
    check(others.length === 0, where, () => `${folder} holds files that quickstart did not make (${listed(others, 4)}), and it would delete what is there; choose another folder with --out, or move them`);
    check(paths.length === 0 || paths.includes(MARK), where, () => `${folder} holds a run that quickstart did not make (it has no ${MARK}), and it would delete it; choose another folder with --out`);
    const holder = await lockHolder(folder);
    check(!holder, where, () => `${showHolder(holder!)} is training in ${folder}; wait for it, stop it, or choose another folder with --out`);
    // The mark last: while anything is there, it says whose it is.
    for (const path of paths.filter((name) => name !== MARK)) await rm(join(folder, path), { force: true });
    for (const part of [SAMPLES, CHECKPOINTS]) await rmdir(join(folder, part)).catch(() => {});
  }
  await ensureFolder(folder, where);
  await markQuickstartFolder(folder, mark);
}

/** Writes what the folder is, or the scores at the end. */
export const markQuickstartFolder = (folder: string, content: Readonly<Record<string, unknown>>): Promise<void> => writeFileAtomic(join(folder, MARK), `${JSON.stringify(content, null, 2)}\n`);
