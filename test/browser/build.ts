/** Compiles src/ and the tasks of these tests to plain ES modules, as the published package is, for pages and child processes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');

let folder: string | undefined;
// The test runner ends its processes without their exit event.
afterAll(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

/** Folder of the compiled modules (`src/…`, `test/browser/tasks/…`), made once a test file and removed after it. It lies in the repository: `#ort` is resolved from there. */
export function builtModules(): string {
  if (folder) return folder;
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const made = mkdtempSync(join(ROOT, 'out', 'test-build-'));
  folder = made;
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'test/browser/tsconfig.json'), '--outDir', made], { encoding: 'utf8' });
  // Type errors are the type check's business; what is compiled all the same is run.
  if (!existsSync(join(made, 'src/runtime/program.js'))) throw new Error(`tsc made nothing: ${result.stdout}${result.stderr}`);
  return made;
}

/** Path of a task's compiled module below {@link builtModules}: `training` → `test/browser/tasks/training.js`. */
export const taskPath = (task: string): string => `test/browser/tasks/${task}.js`;
