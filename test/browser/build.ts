/** Compiles src/ and the tasks of these tests to plain ES modules, as the published package is, for pages and child processes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

let folder: string | undefined;

/** Folder of the compiled modules (`src/…`, `test/browser/tasks/…`), made once a process and removed at its end. It lies in the repository: `#ort` is resolved from there. */
export function builtModules(): string {
  if (folder) return folder;
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const made = mkdtempSync(join(ROOT, 'out', 'test-build-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'test/browser/tsconfig.json'), '--outDir', made], { encoding: 'utf8' });
  // Type errors are the type check's business; what is compiled all the same is run.
  if (!existsSync(join(made, 'src/runtime/program.js'))) throw new Error(`tsc made nothing: ${result.stdout}${result.stderr}`);
  folder = made;
  return made;
}

/** Path of a task's compiled module below {@link builtModules}: `training` → `test/browser/tasks/training.js`. */
export const taskPath = (task: string): string => `test/browser/tasks/${task}.js`;
