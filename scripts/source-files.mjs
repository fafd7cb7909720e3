/** The source files under some folders of the repository, for the checks beside this file. */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const SKIPPED = new Set(['node_modules', 'dist']);

/** Paths of TypeScript and JavaScript files in `folder` (relative to the repository) and below; none if it is absent. */
export function sourceFiles(folder) {
  const entries = readdirSync(root, { withFileTypes: true }).some((entry) => entry.name === folder) ? readdirSync(join(root, folder), { withFileTypes: true, recursive: true }) : [];
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mts|js|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.slice(root.length).split(/[/\\]/).some((part) => SKIPPED.has(part)))
    .sort();
}
